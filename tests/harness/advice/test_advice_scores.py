"""Scores fall with their figures, and leave out what may be chance."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.advice import scores
from harness.advice.scores import Beside
from harness.stats import Interval


def values(found):
    return {arm: score.value for arm, score in found.items()}


def by_ratio(**logs):
    return scores.by_ratio(scores.ratios(logs))


def test_twice_as_long_is_half_the_score():
    found = by_ratio(a=[0.1, -0.2, 0.3], b=[0.1 + math.log(2), -0.2 + math.log(2), 0.3 + math.log(2)])
    assert values(found) == pytest.approx({"a": 1.0, "b": 0.5})
    assert found["b"].ends.low == pytest.approx(0.5)
    assert found["b"].ends.high == pytest.approx(0.5)
    assert found["a"].ends == Interval(1.0, 1.0)


def test_a_ratio_that_may_be_1_scores_as_the_best():
    found = by_ratio(a=[0.0, 0.0, 0.0], b=[-0.2, 0.1, 0.5])
    assert values(found) == {"a": 1.0, "b": 1.0}
    assert found["b"].ends.low < 0.7
    assert found["a"].ends.low < 0.7  # for the other may be as much better
    assert found["a"].ends.high == found["b"].ends.high == 1.0


def test_a_ratio_within_3_per_cent_scores_as_the_best_though_it_is_no_chance():
    assert values(by_ratio(a=[0.0] * 4, b=[0.020, 0.021, 0.019, 0.020])) == {"a": 1.0, "b": 1.0}
    assert by_ratio(a=[0.0] * 4, b=[0.040, 0.041, 0.039, 0.040])["b"].value == pytest.approx(math.exp(-0.04))


def test_noise_lifts_nobody_above_a_better_figure():
    found = by_ratio(a=[0.0] * 4, b=[0.2, 0.21, 0.19, 0.2], c=[1.5, -0.6, 1.2, -0.9])
    assert found["c"].value == found["b"].value == pytest.approx(math.exp(-0.2))


def test_without_an_interval_the_figure_counts_as_it_is():
    found = by_ratio(a=[1.0], b=[1.0 + math.log(1.25)])
    assert values(found) == pytest.approx({"a": 1.0, "b": 0.8})
    assert found["a"].ends is None
    assert found["b"].ends is None


def test_ten_seconds_more_halve_the_score_and_milliseconds_do_not_matter():
    figures = {"a": [0.01, 0.02], "b": [10.01, 10.02], "c": [0.02, 0.03]}
    found = values(scores.by_seconds(scores.seconds(figures)))
    assert found["a"] == 1.0
    assert found["b"] == pytest.approx(0.5)
    assert 0.998 < found["c"] < 1.0


def test_seconds_that_may_be_none_are_none():
    found = scores.by_seconds(scores.seconds({"a": [1.0, 1.0, 1.0], "b": [0.5, 9.0, 2.0]}))
    assert values(found) == {"a": 1.0, "b": 1.0}


def test_a_shortfall_counts_from_one_margin_on():
    beside = {
        "a": Beside(0.0, Interval(0.0, 0.5)),
        "b": Beside(0.9, Interval(0.8, 1.0)),
        "c": Beside(4.0, Interval(2.0, 5.0)),
    }
    found = scores.by_margins(beside)
    assert values(found) == {"a": 1.0, "b": 1.0, "c": 0.25}
    assert found["c"].ends == Interval(0.2, 0.5)


def test_counts_are_held_against_the_fewest():
    assert values(scores.by_count({"a": 100, "b": 103, "c": 200})) == {"a": 1.0, "b": 1.0, "c": 0.5}
    assert values(scores.by_count({"a": 0, "b": 0, "c": 2})) == {"a": 1.0, "b": 1.0, "c": 0.0}


LOGS = st.integers(1, 6).flatmap(
    lambda units: st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.floats(-5, 5), min_size=units, max_size=units),
        min_size=2,
    )
)


@settings(deadline=None)
@given(LOGS)
def test_a_better_figure_never_scores_less(logs):
    for compare, score in ((scores.ratios, scores.by_ratio), (scores.seconds, scores.by_seconds)):
        beside = compare(logs)
        found = score(beside)
        ordered = [found[arm] for arm in sorted(beside, key=lambda arm: beside[arm].estimate)]
        assert ordered[0].value == 1.0
        assert [one.value for one in ordered] == sorted((one.value for one in ordered), reverse=True)
        for one in ordered:
            assert 0 < one.value <= 1
            assert one.ends is None or one.ends.low <= one.value <= one.ends.high <= 1
