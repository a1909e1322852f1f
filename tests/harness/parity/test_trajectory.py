"""How a hundred steps in float32 are judged: by the smallest distances, and in doubt by all pairs of runs."""

import numpy as np
import pytest

from harness.parity.trajectory import MOST, SILENT, judged, silence

CALM = [2e-7] * (MOST - 3) + [2e-5] * 3
"""One run in five meets a kink."""

DEEP = sorted(np.exp(np.random.default_rng(0).normal(np.log(7e-5), 0.75, MOST)))
"""Every run does."""


def passes(figures, strays):
    figure, band = judged(sorted(figures), sorted(strays))
    return figure <= band


@pytest.mark.parametrize("strays", [CALM, DEEP])
def test_the_references_own_distances_pass(strays):
    assert passes(strays, strays)


def test_a_lucky_run_of_the_references_fails_nobody():
    assert passes(DEEP, [1e-6, *DEEP[1:]])


@pytest.mark.parametrize("fault", [1.5e-6, 1e-5])
def test_a_fault_shows_beside_kinks(fault):
    assert not passes([max(fault, distance) for distance in CALM], CALM)


def test_few_sets_are_judged_by_the_smallest():
    assert judged([3e-6, 4e-6, 5e-6], [1e-6, 2e-6, 3e-6]) == (3e-6, 6e-6)


def test_a_deep_network_ten_times_as_far_off_fails():
    assert not passes([10 * distance for distance in DEEP], DEEP)


def test_a_bound_that_nothing_could_exceed_is_told():
    assert silence(0.07 * 6).startswith("says nothing")
    assert silence(1e-3) is None
    assert silence(SILENT) is None
