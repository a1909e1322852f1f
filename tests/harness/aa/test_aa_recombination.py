"""Races made of recorded launches are judged as real ones, and a share of them has an honest interval."""

import math

import numpy as np
import pytest

from harness import stats
from harness.aa.recombination import Launches, judge, recombine
from harness.stats import TimeVerdict


def launches(log_ratios, contended=()):
    flags = np.zeros(len(log_ratios), dtype=bool)
    flags[list(contended)] = True
    return Launches(np.asarray(log_ratios, dtype=np.float64), flags)


@pytest.mark.parametrize("centre", [0.0, 0.01, 0.028, -0.05, 0.3])
@pytest.mark.parametrize("spread", [0.002, 0.02, 0.1])
def test_a_race_is_judged_as_the_report_judges_it(centre, spread):
    draw = np.random.default_rng(abs(round(1000 * (centre + spread))))
    found = launches(draw.normal(centre, spread, 24), contended=range(0, 24, 3))
    races = recombine(found, races=200)
    for drawn, verdict, covered, half_width in zip(
        races.drawn, races.verdicts, races.covered, races.half_widths, strict=True
    ):
        assert len(set(drawn)) == 8
        ratio = stats.ratio(found.log_ratios[drawn], contended=int(found.contended[drawn].sum()))
        assert verdict == stats.time_verdict(ratio)
        assert covered == ratio.interval.covers(1.0)
        assert half_width == pytest.approx((ratio.interval.high - ratio.interval.low) / 2)


def test_a_race_with_a_launch_that_gave_nothing_is_no_verdict():
    found = launches([0.0] * 7 + [math.nan], contended=[7])
    assert recombine(found, races=3).verdicts.tolist() == [TimeVerdict.LOOK] * 3
    disturbed = launches([0.0] * 7 + [math.nan], contended=range(3, 8))
    assert recombine(disturbed, races=3).verdicts.tolist() == [TimeVerdict.UNSTABLE] * 3


def test_launches_that_agree_to_the_last_digit_are_the_truth():
    assert set(recombine(launches([0.0] * 9), races=5).verdicts) == {TimeVerdict.SAME}
    assert set(recombine(launches([0.5] * 9), races=5).verdicts) == {TimeVerdict.SLOWER}
    assert set(recombine(launches([-0.5] * 9), races=5).verdicts) == {TimeVerdict.FASTER}


def test_fewer_launches_than_a_race_has_are_refused():
    with pytest.raises(ValueError, match="8 launches, and there are 7"):
        recombine(launches([0.0] * 7))


def test_a_planted_slow_down_multiplies_the_times():
    slowed = launches([0.0, 0.1]).slowed(0.05)
    assert np.exp(slowed.log_ratios) == pytest.approx([1.05, 1.05 * math.exp(0.1)])


def test_the_interval_of_a_share_covers_it():
    """Of fresh sets of launches: the share that races of such launches have in truth lies inside for most."""
    draw, covered, many = np.random.default_rng(1), 0, 200
    truth = judge(np.arange(320_000).reshape(-1, 8), launches(draw.normal(0.03, 0.02, 320_000)))
    true = (truth.verdicts == TimeVerdict.SLOWER).mean()
    assert 0.2 < true < 0.8
    for seed in range(many):
        races = recombine(launches(draw.normal(0.03, 0.02, 60)), races=3000, seed=seed)
        share = races.share(races.verdicts == TimeVerdict.SLOWER)
        covered += share.low <= true <= share.high
    assert covered / many >= 0.88


def test_what_no_race_has_is_not_impossible():
    """Of 24 launches three races stand on their own: a share of .7 would show in none of them in 1 of 40 cases."""
    races = recombine(launches([0.0] * 24), races=50)
    none, all_ = races.share(races.verdicts == TimeVerdict.SLOWER), races.share(races.verdicts == TimeVerdict.SAME)
    assert (none.estimate, none.low, none.high) == (0.0, 0.0, pytest.approx(1 - 0.025 ** (1 / 3)))
    assert (all_.estimate, all_.low, all_.high) == (1.0, pytest.approx(0.025 ** (1 / 3)), 1.0)


def test_a_share_of_races_counts_only_those_asked_about():
    found = launches([0.5] * 8)
    races = judge(np.tile(np.arange(8), (4, 1)), found)
    of, among = np.array([True, False, True, False]), np.array([True, True, True, False])
    share = races.share(of, among)
    assert share.estimate == pytest.approx(2 / 3)
    assert share.low is share.high is None, "eight launches make one race: nothing tells how it would vary"
    assert races.share(of, np.zeros(4, dtype=bool)) is None
