"""Who leads, and the least that would change it: computed exactly, and checked by trying."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.advice.robustness import flips, shake
from harness.advice.scores import Score
from harness.advice.standing import Standing, leaders, totals
from harness.stats import Interval

SCORES = {"speed": {"a": 1.0, "b": 0.5}, "memory": {"a": 0.5, "b": 1.0}}


def standing(speed, memory, scores=SCORES):
    return Standing.of(scores, {"speed": speed, "memory": memory})


def test_totals_are_weighted_means():
    found = standing(60, 40)
    assert found.totals == pytest.approx({"a": 0.8, "b": 0.7})
    assert found.leaders == ("a",)
    assert found.next == "b"
    assert standing(6, 4).totals == pytest.approx(found.totals)


def test_within_3_per_cent_is_no_difference():
    assert leaders({"a": 0.80, "b": 0.78, "c": 0.77}) == ("a", "b")
    assert standing(50, 50).leaders == ("a", "b")
    assert standing(50, 50).next is None


def test_parts_add_up_to_the_lead():
    found = standing(60, 40)
    parts = found.parts("a", "b")
    assert parts == pytest.approx({"speed": 0.3, "memory": -0.2})
    assert list(parts) == ["speed", "memory"]
    assert sum(parts.values()) == pytest.approx(found.totals["a"] - found.totals["b"])


def test_the_smallest_change_is_the_one_that_algebra_gives():
    # 60 + m / 2 = 1.03 (30 + m) at m = 29.1 / .53; s + 20 = 1.03 (s / 2 + 40) at s = 21.2 / .485
    memory, speed = flips(standing(60, 40))
    assert (memory.criterion, memory.before) == ("memory", 40)
    assert memory.after == pytest.approx(29.1 / 0.53)
    assert (speed.criterion, speed.before) == ("speed", 60)
    assert speed.after == pytest.approx(21.2 / 0.485)
    assert memory.leaders == speed.leaders == ("a", "b")
    assert memory.change < speed.change


def test_a_weight_that_can_do_nothing_has_no_flip():
    alike = {"speed": {"a": 1.0, "b": 0.5}, "code": {"a": 1.0, "b": 0.4}}
    assert flips(Standing.of(alike, {"speed": 1, "code": 1})) == []


def test_a_criterion_without_weight_may_be_what_changes_it():
    scores = {**SCORES, "code": {"a": 0.1, "b": 1.0}}
    found = flips(Standing.of(scores, {"speed": 1, "memory": 0, "code": 0}))
    assert {flip.criterion for flip in found if flip.before == 0} == {"memory", "code"}


ARMS = st.sampled_from(["ab", "abc", "abcd"])
TABLES = ARMS.flatmap(
    lambda arms: st.dictionaries(
        st.sampled_from(["speed", "memory", "code", "accuracy"]),
        st.tuples(
            st.fixed_dictionaries({arm: st.floats(0.01, 1) for arm in arms}),
            st.floats(0, 50).map(lambda weight: round(weight, 1)),
        ),
        min_size=1,
    )
)


@settings(deadline=None)
@given(TABLES)
def test_nothing_changes_before_a_flip(table):
    scores = {name: mine for name, (mine, _) in table.items()}
    weights = {name: weight for name, (_, weight) in table.items()}
    assume(sum(weights.values()) > 0)
    found = Standing.of(scores, weights)

    def leading(name, weight):
        return set(leaders(totals(scores, {**weights, name: weight})))

    known = {flip.criterion: flip for flip in flips(found)}
    for name, before in weights.items():
        reach = known[name].change if name in known else 1000.0
        for share in (0.2, 0.6, 0.99) if reach > 1e-6 else ():
            for tried in (before + share * reach, before - share * reach):
                if tried >= 0 and sum({**weights, name: tried}.values()) > 1e-6:
                    assert leading(name, tried) == set(found.leaders)
    for flip in known.values():
        assert set(flip.leaders) != set(found.leaders)


def ends(low, high):
    return Score(0.0, Interval(low, high))


def shaken(speed, memory, weights=(60, 40)):
    found = standing(*weights)
    table = {"speed": dict(zip("ab", speed, strict=True)), "memory": dict(zip("ab", memory, strict=True))}
    return shake(found, table)


def test_known_figures_leave_nothing_open():
    found = shaken((ends(1, 1), ends(0.5, 0.5)), (ends(0.5, 0.5), ends(1, 1)))
    assert (found.alone, found.together, found.unbounded) == ((), False, ())


def test_an_interval_that_reaches_another_verdict_is_named():
    found = shaken((ends(0.8, 1), ends(0.5, 0.6)), (ends(0.5, 0.5), ends(1, 1)))
    assert found.alone == ("speed",)
    assert found.together


def test_intervals_may_do_together_what_none_does_alone():
    found = shaken((ends(0.95, 1), ends(0.5, 0.55)), (ends(0.45, 0.5), ends(0.95, 1.0)))
    assert found.alone == ()
    assert found.together


def test_what_has_no_interval_is_told_of():
    found = shaken((Score(1.0, None), ends(0.5, 0.5)), (ends(0.5, 0.5), ends(1, 1)))
    assert found.unbounded == ("speed",)


def test_a_criterion_without_weight_shakes_nothing():
    found = shaken((ends(0, 1), ends(0, 1)), (ends(0.5, 0.5), ends(1, 1)), weights=(0, 40))
    assert (found.alone, found.together, found.unbounded) == ((), False, ())
