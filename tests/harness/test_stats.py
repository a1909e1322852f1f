"""The statistics against hand-computed values, against scipy and statsmodels, and on simulated runs."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from harness import stats
from harness.stats import AccuracyVerdict, ClaimVerdict, TimeVerdict

T_975_DF2, T_95_DF2 = 4.302652729911275, 2.919985580353726


def test_launch_log_ratio_drops_a_fifth_of_the_rounds_at_each_end():
    log_ratios = np.array([0.3, 0.1, 9.0, 0.2, -7.0])
    reference = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert stats.launch_log_ratio(reference * np.exp(log_ratios), reference) == pytest.approx(0.2)


def test_launch_log_ratio_of_few_rounds_is_their_mean():
    assert stats.launch_log_ratio([1.0, 4.0], [1.0, 1.0]) == pytest.approx(math.log(2))


@pytest.mark.parametrize(("arm", "reference"), [([], []), ([1.0, 2.0], [1.0])])
def test_launch_log_ratio_refuses_rounds_that_are_not_paired(arm, reference):
    with pytest.raises(ValueError, match="paired rounds"):
        stats.launch_log_ratio(arm, reference)


def test_ratio_by_hand():
    found = stats.ratio([0.0, 0.1, 0.2])
    error = 0.1 / math.sqrt(3)
    assert found.estimate == pytest.approx(math.exp(0.1))
    assert found.interval.low == pytest.approx(math.exp(0.1 - T_975_DF2 * error))
    assert found.interval.high == pytest.approx(math.exp(0.1 + T_975_DF2 * error))
    assert found.narrow.low == pytest.approx(math.exp(0.1 - T_95_DF2 * error))
    assert found.p_different == pytest.approx(1 - math.sqrt(3 / 5))  # two degrees of freedom have a closed form
    assert (found.launches, found.ran) == (3, 3)


def test_ratio_agrees_with_scipy():
    log_ratios = np.random.default_rng(1).normal(0.05, 0.03, 8)
    found, expected = stats.ratio(log_ratios), scipy.stats.ttest_1samp(log_ratios, 0.0)
    assert found.p_different == pytest.approx(expected.pvalue)
    assert math.log(found.interval.high) == pytest.approx(expected.confidence_interval(0.95).high)


def test_one_launch_has_an_estimate_and_no_interval():
    found = stats.ratio([math.log(2)])
    assert found.estimate == pytest.approx(2)
    assert found.interval is None
    assert found.p_different is None
    assert stats.time_verdict(found) is TimeVerdict.LOOK


def test_no_value_is_refused():
    with pytest.raises(ValueError, match="launch"):
        stats.ratio([])
    with pytest.raises(ValueError, match="value"):
        stats.mean([])
    with pytest.raises(ValueError, match="0 seeds"):
        stats.difference([], [0.9], 0.01, paired=False)
    with pytest.raises(ValueError, match="paired"):
        stats.difference([0.9, 0.8], [0.9], 0.01, paired=True)


SPREAD = np.array([-1.0, -1.0, -0.5, -0.5, 0.5, 0.5, 1.0, 1.0])


@pytest.mark.parametrize(
    ("centre", "spread", "verdict"),
    [
        (math.log(1.2), 0.02, TimeVerdict.SLOWER),
        (math.log(0.8), 0.02, TimeVerdict.FASTER),
        (0.0, 0.02, TimeVerdict.SAME),
        (0.0, 0.2, TimeVerdict.INCONCLUSIVE),
        (0.01, 0.002, TimeVerdict.SAME),  # surely slower, and too little to matter
    ],
)
def test_time_verdicts(centre, spread, verdict):
    assert stats.time_verdict(stats.ratio(centre + spread * SPREAD)) is verdict


def test_seven_launches_are_a_look():
    assert stats.time_verdict(stats.ratio(0.5 + 0.001 * SPREAD[:7])) is TimeVerdict.LOOK


@pytest.mark.parametrize(("contended", "verdict"), [(4, TimeVerdict.SLOWER), (5, TimeVerdict.UNSTABLE)])
def test_a_race_with_most_launches_contended_is_unstable(contended, verdict):
    assert stats.time_verdict(stats.ratio(0.5 + 0.01 * SPREAD, contended=contended)) is verdict


def test_unstable_counts_launches_that_gave_nothing_and_outranks_a_look():
    assert stats.time_verdict(stats.ratio([0.5, 0.6], contended=2, ran=3)) is TimeVerdict.UNSTABLE
    assert stats.time_verdict(stats.ratio([0.5, 0.6], contended=1, ran=3)) is TimeVerdict.LOOK


def test_same_is_the_narrow_interval_inside_three_per_cent():
    rng = np.random.default_rng(2)
    seen = set()
    for _ in range(300):
        found = stats.ratio(rng.normal(0.01, 0.03, 8))
        inside = found.narrow.within(1 / 1.03, 1.03)
        assert (stats.time_verdict(found) is TimeVerdict.SAME) == inside
        seen.add(inside)
    assert seen == {True, False}


def test_adjusted_p_values_decide():
    found = stats.ratio(0.2 + 0.05 * SPREAD)
    assert stats.time_verdict(found) is TimeVerdict.SLOWER
    assert stats.time_verdict(found, p_different=0.02, p_same=1.0) is TimeVerdict.INCONCLUSIVE


def test_mean_by_hand():
    found = stats.mean([1.0, 2.0, 3.0])
    assert found.estimate == 2
    assert found.half_width == pytest.approx(T_975_DF2 / math.sqrt(3))
    assert stats.mean([0.7]) == stats.Mean(0.7, None, 1, stats.Moments(0.7, 0.0, 1))


def test_paired_difference_agrees_with_statsmodels():
    rng = np.random.default_rng(3)
    reference = rng.normal(0.95, 0.01, 6)
    values = reference + rng.normal(0.002, 0.004, 6)
    found = stats.difference(values, reference, 0.01, paired=True)
    assert found.p_equivalent == pytest.approx(ttost_paired(values, reference, -0.01, 0.01)[0])
    assert found.p_different == pytest.approx(scipy.stats.ttest_rel(values, reference).pvalue)
    assert found.interval.low == pytest.approx(scipy.stats.ttest_rel(values, reference).confidence_interval().low)


def test_unpaired_difference_is_welchs():
    rng = np.random.default_rng(4)
    values, reference = rng.normal(0.95, 0.002, 5), rng.normal(0.951, 0.009, 7)
    found = stats.difference(values, reference, 0.01, paired=False)
    expected = scipy.stats.ttest_ind(values, reference, equal_var=False)
    assert found.p_equivalent == pytest.approx(ttost_ind(values, reference, -0.01, 0.01, usevar="unequal")[0])
    assert found.p_different == pytest.approx(expected.pvalue)
    assert found.interval.high == pytest.approx(expected.confidence_interval().high)
    assert found.seeds == 5


@pytest.mark.parametrize(
    ("centre", "spread", "verdict"),
    [
        (0.0, 0.004, AccuracyVerdict.EQUIVALENT),
        (0.004, 0.001, AccuracyVerdict.EQUIVALENT),  # differs, and by less than matters
        (0.03, 0.004, AccuracyVerdict.DIFFERENT),
        (-0.03, 0.004, AccuracyVerdict.DIFFERENT),
        (0.0, 0.04, AccuracyVerdict.INCONCLUSIVE),  # no significant difference is not equality
    ],
)
def test_accuracy_verdicts(centre, spread, verdict):
    reference = np.full(5, 0.9)
    values = reference + centre + spread * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert stats.accuracy_verdict(stats.difference(values, reference, 0.01, paired=True)) is verdict


def test_four_seeds_are_a_look():
    values, reference = np.array([0.91, 0.92, 0.93, 0.94]), np.full(4, 0.5)
    assert stats.accuracy_verdict(stats.difference(values, reference, 0.01, paired=True)) is AccuracyVerdict.LOOK
    assert stats.accuracy_verdict(stats.difference([0.9], [0.9], 0.01, paired=True)) is AccuracyVerdict.LOOK


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.9, AccuracyVerdict.EQUIVALENT), (0.905, AccuracyVerdict.EQUIVALENT), (0.95, AccuracyVerdict.DIFFERENT)],
)
def test_ties_need_no_variance(value, verdict, paired):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = stats.difference([value] * 7, [0.9] * 7, 0.01, paired=paired)
        assert stats.accuracy_verdict(found) is verdict
        assert stats.mean([value] * 7).half_width == 0
    assert found.interval == stats.Interval(found.estimate, found.estimate)
    assert not math.isnan(found.p_different)


def test_equal_launches_are_the_same():
    assert stats.time_verdict(stats.ratio([0.0] * 8)) is TimeVerdict.SAME
    assert stats.ratio([0.0] * 8).p_different == 1


def test_adjust_by_hand():
    assert stats.adjust([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.04, 0.04, 0.5, 0.04])
    assert stats.adjust([]) == []


def test_adjust_agrees_with_scipy():
    p_values = list(np.random.default_rng(5).uniform(size=40) ** 3)
    assert stats.adjust(p_values) == pytest.approx(list(scipy.stats.false_discovery_control(p_values)))


def simulate_races(rng, count, launches, *, true=0.0, own=0.05, rounds=8, noise=0.1):
    """Yield ratios of simulated races: each launch has a speed of its own, each round its noise."""
    for _ in range(count):
        log_ratios = rng.normal(true, own, (launches, 1)) + rng.normal(0.0, noise, (launches, rounds))
        yield stats.ratio([stats.launch_log_ratio(np.exp(launch), np.ones(rounds)) for launch in log_ratios])


@pytest.mark.parametrize("launches", [3, 5, 8])
def test_the_interval_covers_the_truth_in_95_per_cent(launches):
    races = simulate_races(np.random.default_rng(6), 2500, launches, true=math.log(1.4))
    coverage = np.mean([found.interval.covers(1.4) for found in races])
    assert coverage == pytest.approx(0.95, abs=0.012)


def test_racing_an_arm_against_itself_raises_few_alarms():
    alarms = {TimeVerdict.FASTER, TimeVerdict.SLOWER}
    races = simulate_races(np.random.default_rng(7), 4000, 8)
    assert np.mean([stats.time_verdict(found) in alarms for found in races]) <= 0.015


def test_going_on_until_there_is_a_verdict_raises_no_more_of_them():
    """Races of 8 launches that go on to 27 if need be, judged after 8, 12, 18 and 27: as often wrong as one look."""
    alarms, rng, looks = 0, np.random.default_rng(9), (8, 12, 18, 27)
    for _ in range(2000):
        log_ratios = rng.normal(0.0, 0.05, looks[-1])
        found = (stats.time_verdict(stats.ratio(log_ratios[:count], looks=len(looks))) for count in looks)
        decided = (verdict for verdict in found if verdict is not TimeVerdict.INCONCLUSIVE)
        alarms += next(decided, None) in {TimeVerdict.FASTER, TimeVerdict.SLOWER}
    assert alarms / 2000 <= 0.01
    once = [stats.ratio(log_ratios), stats.ratio(log_ratios, looks=4)]
    assert once[1].p_different == pytest.approx(min(1.0, 4 * once[0].p_different))
    assert once[1].interval.low < once[0].interval.low
    assert once[1].estimate == once[0].estimate


def test_a_fifth_slower_is_found():
    races = simulate_races(np.random.default_rng(8), 500, 8, true=math.log(1.2))
    assert np.mean([stats.time_verdict(found) is TimeVerdict.SLOWER for found in races]) >= 0.95


@pytest.mark.parametrize("paired", [True, False])
def test_a_difference_of_the_margin_is_seldom_called_equivalent(paired):
    rng = np.random.default_rng(9)
    verdicts = [
        stats.accuracy_verdict(
            stats.difference(rng.normal(0.96, 0.003, 5), rng.normal(0.95, 0.003, 5), 0.01, paired=paired)
        )
        for _ in range(4000)
    ]
    share = verdicts.count(AccuracyVerdict.EQUIVALENT) / len(verdicts)
    assert 0.02 <= share <= 0.06


@pytest.mark.parametrize("either_way", [False, True])
def test_a_loss_of_just_the_tolerance_is_called_too_large_at_most_at_the_level(either_way):
    rng = np.random.default_rng(11)
    found = [
        stats.loss(stats.Moments.of(rng.normal(0.06, 0.02, 8)), stats.Moments.of(rng.normal(0.01, 0.02, 8)), 0.05)
        for _ in range(4000)
    ]
    p_lost = [dataclasses.replace(one, either_way=either_way).p_lost for one in found]
    for level in (0.01, 0.05):
        assert level / 2 <= np.mean([p < level for p in p_lost]) <= 1.4 * level


def test_a_departure_is_tested_both_ways_from_the_margin():
    values, reference = np.array([1.0, 2.0, 3.0, 4.0, 6.0]), np.array([1.0, 1.0, 2.5, 3.0, 3.0])
    for one, other in ((values, reference), (reference, values)):
        for paired in (True, False):
            nothing = stats.departure(stats.difference(one, other, 0.0, paired=paired))
            assert nothing.p_lost == pytest.approx(stats.difference(one, other, 0.0, paired=paired).p_different)
            found = stats.departure(stats.difference(one, other, 0.5, paired=paired))
            assert found.p_kept == pytest.approx(stats.difference(one, other, 0.5, paired=paired).p_equivalent)
    differences = values - reference
    above = scipy.stats.ttest_1samp(differences, 0.5, alternative="greater").pvalue
    beyond = scipy.stats.ttest_1samp(differences, -0.5, alternative="greater").pvalue
    assert stats.departure(stats.difference(values, reference, 0.5, paired=True)).p_lost == pytest.approx(
        above + beyond
    )
    assert stats.departure(stats.difference([1.0], [2.0], 0.5, paired=True)) is None


def test_a_claim_has_one_sided_bounds():
    values, reference = np.array([1.0, 2.0, 3.0, 4.0, 6.0]), np.array([1.0, 1.0, 2.5, 3.0, 3.0])
    for found, sample, other in (
        (stats.claim(values), values, None),
        (stats.claim(values, reference, paired=True), values - reference, None),
        (stats.claim(values, reference), values, reference),
    ):
        for end, alternative in ((found.interval.low, "greater"), (found.interval.high, "less")):
            if other is None:
                p = scipy.stats.ttest_1samp(sample, end, alternative=alternative).pvalue
            else:
                p = scipy.stats.ttest_ind(sample - end, other, equal_var=False, alternative=alternative).pvalue
            assert p == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("at_least", "at_most", "verdict"),
    [
        (0.9, None, ClaimVerdict.HELD),
        (None, 1.1, ClaimVerdict.HELD),
        (0.9, 1.1, ClaimVerdict.HELD),
        (1.0, None, ClaimVerdict.CANNOT_TELL),
        (0.9, 1.0, ClaimVerdict.CANNOT_TELL),
        (1.1, None, ClaimVerdict.NOT_HELD),
        (None, 0.9, ClaimVerdict.NOT_HELD),
        (0.5, 0.9, ClaimVerdict.NOT_HELD),
    ],
)
def test_a_claim_is_held_refuted_or_neither(at_least, at_most, verdict):
    found = stats.claim([0.98, 0.99, 1.0, 1.01, 1.02])
    assert stats.claim_verdict(found, at_least, at_most) is verdict


def test_a_claim_of_few_seeds_is_a_look():
    assert stats.claim_verdict(stats.claim([1.0, 1.0, 1.0, 1.0]), 0.0, None) is ClaimVerdict.LOOK
    lone = stats.claim([3.0], [1.0, 2.0])
    assert (lone.estimate, lone.interval, lone.seeds) == (1.5, None, 1)
    assert stats.claim_verdict(lone, 0.0, None) is ClaimVerdict.LOOK


@pytest.mark.parametrize(
    ("values", "reference", "paired"), [([], None, False), ([1.0], [], False), ([1.0], [1.0, 2.0], True)]
)
def test_nothing_is_claimed_of_nothing(values, reference, paired):
    with pytest.raises(ValueError, match="nothing can be claimed"):
        stats.claim(values, reference, paired=paired)


def test_a_true_claim_at_its_bound_is_seldom_called_wrong():
    rng = np.random.default_rng(10)
    verdicts = [stats.claim_verdict(stats.claim(rng.normal(0.0, 1.0, 5)), 0.0, None) for _ in range(4000)]
    for verdict in (ClaimVerdict.HELD, ClaimVerdict.NOT_HELD):
        assert verdicts.count(verdict) / len(verdicts) == pytest.approx(0.05, abs=0.012)


def test_a_level_is_the_geometric_mean_with_an_interval_on_the_log_scale():
    found = stats.level([1.0, 10.0, 100.0])
    reach = T_975_DF2 * math.log(10) / math.sqrt(3)
    assert found.estimate == pytest.approx(10.0)
    assert (found.interval.low, found.interval.high) == pytest.approx((10 / math.exp(reach), 10 * math.exp(reach)))
    assert found.count == 3
    assert stats.level([7.0]) == stats.Level(pytest.approx(7.0), None, 1)


@pytest.mark.parametrize(("share", "place"), [(0.5, 50), (0.9, 90), (0.99, 99), (0.991, 100), (0.501, 51)], ids=str)
def test_a_percentile_is_the_least_value_that_enough_others_do_not_exceed(share, place):
    values = np.random.default_rng(0).permutation(np.arange(1.0, 101.0))
    assert stats.percentile(values, share) == place


def test_a_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one value"):
        stats.percentile([], 0.5)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_as_many_passes_are_wanted_as_bound_a_percentile_and_no_more(share):
    wanted = stats.passes_wanted(share)
    assert scipy.stats.binom.sf(wanted - 1, wanted, share) <= 0.025, "all of them below the percentile"
    assert scipy.stats.binom.sf(wanted - 2, wanted - 1, share) > 0.025


def test_an_exponent_is_the_slope_of_the_logarithms():
    points = [(1, 2.1), (2, 3.9), (4, 8.4), (8, 15.0), (16, 33.0)]
    x, y = (np.log(list(each)) for each in zip(*points, strict=True))
    oracle = scipy.stats.linregress(x, y)
    half = scipy.stats.t.ppf(0.975, 3) * oracle.stderr
    found = stats.power(points)
    assert found.estimate == pytest.approx(oracle.slope)
    assert (found.interval.low, found.interval.high) == pytest.approx((oracle.slope - half, oracle.slope + half))
    assert stats.power(points[:2]).interval is None
    with pytest.raises(ValueError, match="two values at least"):
        stats.power([(2, 1.0), (2, 3.0)])


@pytest.mark.parametrize("lost", [0.02, 0.08], ids=["less than allowed", "more than allowed"])
def test_what_would_decide_counts_the_looks(lost):
    """The fewest values whose p, times the looks, is below the level."""
    level, variance, tolerance = 0.05, 0.1**2, 0.05

    def p(count):
        values = {"nobs1": count, "nobs2": count, "mean2": 0.0, "std1": 0.1, "std2": 0.1, "equal_var": False}
        alternative = "greater" if lost > tolerance else "less"
        return scipy.stats.ttest_ind_from_stats(lost - tolerance, **values, alternative=alternative).pvalue

    for looks in (1, 3):
        sample, beside = stats.Moments(lost, variance, 4), stats.Moments(0.0, variance, 4)
        wanted = stats.loss(sample, beside, tolerance, looks).wanted(level)
        assert looks * p(wanted) < level <= looks * p(wanted - 1)
