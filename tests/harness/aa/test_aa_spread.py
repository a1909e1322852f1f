"""The components of variance come out as they went in, and what they ask for follows."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.aa.spread import spread


def draw(of_launch, of_round, launches=4000, rounds=10, seed=0):
    generator = np.random.default_rng(seed)
    kept = generator.normal(0.0, of_launch, (launches, 1))
    return (kept + generator.normal(0.0, of_round, (launches, rounds))).tolist()


def test_components_come_out_as_they_went_in():
    found = spread(draw(0.04, 0.1), launch_s=10.0, round_s=0.25)
    assert found.launch == pytest.approx(0.04, rel=0.1)
    assert found.round == pytest.approx(0.1, rel=0.05)
    assert found.mean_ratio == pytest.approx(1.0, abs=0.01)
    assert found.best_rounds == pytest.approx(math.sqrt(10.0 / 0.25) * 0.1 / 0.04, rel=0.15)


def test_launches_of_unequal_length_count_by_their_rounds():
    groups = draw(0.04, 0.1, rounds=12)
    found = spread([group[: 4 + 8 * (i % 2)] for i, group in enumerate(groups)], launch_s=10.0, round_s=0.25)
    assert found.launch == pytest.approx(0.04, rel=0.15)


def test_launches_wanted_reach_the_width_and_one_fewer_does_not():
    """Of such launches as are drawn anew: their interval has a half-width of 2 % at that count."""
    found = spread(draw(0.03, 0.06), launch_s=10.0, round_s=0.25)
    variance = found.launch**2 + found.round**2 / found.best_rounds
    widths = {}
    for count in (found.launches_wanted, found.launches_wanted - 1):
        widths[count] = stats.t.ppf(0.975, count - 1) * math.sqrt(variance / count)
    assert widths[found.launches_wanted] <= math.log(1.02) < widths[found.launches_wanted - 1]


def test_launches_that_keep_nothing_ask_for_rounds():
    alternating = [[0.1, -0.1] * 5, [-0.1, 0.1] * 5]  # the means agree better than chance would have it
    found = spread(alternating, launch_s=10.0, round_s=0.25)
    assert (found.launch, found.best_rounds) == (0.0, None)


@pytest.mark.parametrize("launches", [[], [[0.1, 0.2]], [[0.1], [0.2]]])
def test_too_little_tells_nothing(launches):
    assert spread(launches, launch_s=1.0, round_s=1.0) is None
