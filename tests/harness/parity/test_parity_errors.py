import math

import numpy as np
import pytest

from harness.parity.dropout import figures, repetitions, surprise
from harness.parity.errors import backwards, distance


def test_the_error_is_relative_to_the_rms_of_the_tensor():
    found = distance({"a": np.array([3.0, 4.5])}, {"a": np.array([3.0, 4.0])}, 1.0)
    assert found.error == pytest.approx(0.5 / math.sqrt(12.5))
    assert (found.where, found.first) == ("a", None)


def test_a_tiny_tensor_is_measured_against_all():
    theirs = {"large": np.full(4, 1e3), "tiny": np.full(4, 1e-9)}
    everything = math.sqrt((1e6 + 1e-18) / 2)
    found = distance(theirs | {"tiny": np.full(4, 2e-9)}, theirs, 1e-3)
    assert found.error == pytest.approx(1e-9 / (1e-6 * everything))
    assert found.first is None


def test_the_first_beyond_the_bound_is_named_not_the_worst():
    theirs = {name: np.ones(3) for name in ("conv1", "conv2", "fc")}
    ours = theirs | {"conv2": np.full(3, 1.1), "fc": np.full(3, 9.0)}
    found = distance(ours, theirs, 1e-3)
    assert (found.first, found.where) == ("conv2", "fc")


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ((), None),
        (("a.weight", "a.bias", "b.weight"), "b.weight; c, called next, is right"),
        (("a.weight",), "a.weight; b, called next, is right"),
        (("a.weight", "c.bias"), "c.bias"),
    ],
)
def test_of_gradients_the_last_beyond_the_bound_is_named_and_what_is_right_behind_it(wrong, where):
    theirs = {name: np.ones(3) for name in ("a.weight", "a.bias", "b.weight", "c.weight", "c.bias")}
    ours = theirs | {name: np.full(3, 1.1) for name in wrong}
    assert backwards(ours, theirs, 1e-3).first == where


@pytest.mark.parametrize(
    "ours",
    [
        {},
        {"a": np.ones(3)},
        {"a": np.array([1.0, math.nan])},
        {"a": np.array([1.0, math.inf])},
        {"a": np.ones(2), "extra": np.ones(2)},
        {"a": np.zeros(2, "V2")},
    ],
    ids=["missing", "another shape", "NaN", "infinity", "extra", "bfloat16"],
)
def test_what_cannot_be_compared_is_infinitely_far(ours):
    found = distance(ours, {"a": np.ones(2)}, 1e9)
    assert found.error == math.inf
    assert found.first is not None


def test_equal_tensors_are_at_no_distance():
    zeros = {"a": np.zeros(3), "empty": np.zeros((0, 2))}
    assert distance(zeros, zeros, 0.0).error == 0


def test_what_overflows_when_squared_is_compared_all_the_same():
    assert distance({"a": np.array([5e200])}, {"a": np.array([1e200])}, 1e-10).first == "a"
    assert distance({"a": np.array([1e200])}, {"a": np.array([1e200])}, 1e-10).first is None


@pytest.mark.parametrize("ours", [{}, {"a": np.array([1.0, math.nan])}, {"a": np.ones(2), "b": np.ones(2)}])
def test_nothing_is_more_surprising_than_what_is_missing_or_no_number(ours):
    assert surprise(ours, {"a": np.array([1.0, 2.0])}, ()).error == math.inf


def test_of_gradients_that_chance_changes_their_size_and_the_change_is_kept():
    found = figures({"w": np.array([3.0, 4.0]) + moved, "loss": np.array(2.0)} for moved in (0, 1, 5, 3))
    changes = ("", ", from draw to draw", ", from seed to seed")
    assert list(found) == [f"{name}{change}" for name in ("w", "loss") for change in changes]
    assert found["w, from draw to draw"] == pytest.approx([1, 2])
    assert found["w, from seed to seed"] == pytest.approx([4])
    assert found["w"] == pytest.approx(np.sqrt([12.5, 20.5, 72.5, 42.5]))
    assert (found["loss"].tolist(), found["loss, from draw to draw"].tolist()) == ([2] * 4, [0] * 2)


@pytest.mark.parametrize(
    ("drawn", "again", "wrong"),
    [
        ([1, 2, 3], [1, 4], []),
        ([1, 2, 3], [5, 4], ["another draw from the same seed"]),
        ([1, 2, 1], [1, 4], ["the same draw from another seed"]),
        ([1, 2, 3], [1, 1], ["the same draw twice"]),
        ([1, 2, 3], [1, 2], ["a draw that is the next seed's first"]),
    ],
)
def test_draws_follow_their_seed_and_nothing_else(drawn, again, wrong):
    assert repetitions(*(np.array(each, dtype=float)[:, np.newaxis] for each in (drawn, again))) == wrong
