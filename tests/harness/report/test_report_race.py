import math

import pytest
from report_factories import block, timing

from harness.report.race import contention, median_step_seconds, paired_rounds, race

KEYS = [(launch, "now") for launch in range(3)]


def launches(*step_ms):
    """Launches without contention, given as the step times of their rounds."""
    return {KEYS[k]: timing([block(r, ms) for r, ms in enumerate(steps)]) for k, steps in enumerate(step_ms)}


def test_a_rerun_replaces_the_contended_round():
    arm = timing([block(0, 2.0), block(1, 50.0, contended=True), block(1, 4.0, rerun=1), block(2, 6.0)])
    assert median_step_seconds(arm) == pytest.approx(4e-3)


def test_a_launch_without_a_clean_round_has_no_median():
    assert median_step_seconds(timing([block(0, 2.0, contended=True)])) is None


def test_a_round_contended_for_one_arm_is_left_out_for_both():
    arm = timing([block(0, 2.0), block(1, 4.0), block(2, 6.0)])
    reference = timing([block(0, 1.0), block(1, 9.0, contended=True), block(2, 3.0)])
    mine, theirs, rounds = paired_rounds(arm, reference)
    assert mine == pytest.approx([2e-3, 6e-3])
    assert theirs == pytest.approx([1e-3, 3e-3])
    assert rounds == 3


def test_blocks_of_different_passes_are_not_paired():
    arm = timing([block(0, 2.0), block(0, 8.0, rerun=1, contended=True)])
    reference = timing([block(0, 1.0, contended=True), block(0, 4.0, rerun=1)])
    assert paired_rounds(arm, reference) == ([], [], 1)


def test_the_ratio_is_taken_over_the_launches_that_both_ran():
    arm = launches([2.0] * 4, [8.0] * 4) | {(5, "now"): timing([block(0, 99.0)])}
    reference = launches([1.0] * 4, [1.0] * 4, [1.0] * 4)
    found = race(arm, reference)
    assert found.estimate == pytest.approx(4)
    assert (found.launches, found.ran, found.contended) == (2, 2, 0)


def test_a_drift_of_the_machine_cancels():
    drift = [1.0, 3.0, 0.5, 7.0]
    found = race(launches(*[[1.5 * d for d in drift]] * 3), launches(*[drift] * 3))
    assert found.interval.low == pytest.approx(1.5, rel=1e-6)
    assert found.interval.high == pytest.approx(1.5, rel=1e-6)


def test_a_launch_with_most_rounds_contended_counts_as_contended_and_still_helps():
    clean = timing([block(r, 1.0) for r in range(4)])
    rough = timing([block(0, math.e), *(block(r, 9.0, contended=True) for r in (1, 2, 3))])
    half = timing([block(0, 1.0), block(1, 1.0), *(block(r, 9.0, contended=True) for r in (2, 3))])
    found = race(dict(zip(KEYS, [rough, half, clean], strict=True)), dict.fromkeys(KEYS, clean))
    assert (found.launches, found.ran, found.contended) == (3, 3, 1)
    assert found.estimate == pytest.approx(math.exp(1 / 3))


def test_no_ratio_without_a_clean_round():
    assert race({KEYS[0]: timing([block(0, 1.0, contended=True)])}, launches([1.0])) is None


def test_a_repeated_launch_is_not_paired_with_its_first_attempt():
    again = {(0, "later"): timing([block(0, 1.0)])}
    assert race(again, launches([1.0])) is None
    assert race(again, again).launches == 1


def test_contention_counts_rounds_of_the_whole_race():
    torch = timing([block(0, 1.0), block(1, 1.0), block(1, 1.0, rerun=1), block(2, 1.0, pressure=None)])
    jax = timing(
        [
            block(0, 1.0, foreign=0.2),
            block(1, 1.0, contended=True, pressure=0.4),
            block(1, 1.0, rerun=1),
            block(2, 1.0, contended=True),
        ]
    )
    found = contention([[torch, jax], [torch]])
    assert (found.launches, found.rounds, found.disturbed, found.reruns, found.left) == (2, 6, 2, 2, 1)
    assert (found.pressure, found.foreign) == (0.4, 0.2)


def test_contention_that_cannot_be_seen_is_unknown():
    found = contention([[timing([block(0, 1.0, pressure=None, foreign=None)])]])
    assert (found.pressure, found.foreign) == (None, None)
