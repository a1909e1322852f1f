"""Looking for a learning rate: a ladder that is climbed until the best rung has a neighbour on each side."""

import math

import pytest

from harness.tune import climb, rung


def test_the_rungs_are_one_and_three_times_powers_of_ten():
    assert [rung(number) for number in range(-3, 3)] == [0.03, 0.1, 0.3, 1, 3, 10]


@pytest.mark.parametrize("start", [1e-4, 3e-3, 0.1, 2.0])
def test_it_climbs_to_the_best_from_either_side(start):
    found = climb(lambda rate: abs(math.log10(rate) + 2), start)
    assert min(found, key=found.get) == 0.01
    assert {0.003, 0.03} <= found.keys()


def test_a_rate_at_which_training_diverges_is_not_the_best():
    found = climb(lambda rate: math.nan if rate > 0.1 else -rate, 0.01)
    assert min(found, key=lambda rate: math.inf if math.isnan(found[rate]) else found[rate]) == 0.1
    assert math.isnan(found[0.3])


def test_it_gives_up_where_all_rates_diverge():
    assert all(math.isnan(loss) for loss in climb(lambda _: math.nan, 0.1).values())
