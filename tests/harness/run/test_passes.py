"""Races of forward passes at sizes that a suite names, of passes timed one by one, and trainings that are watched."""

import pytest

from harness.contract import Outcome
from harness.measure.energy import UNREAD, Energy

SIZES = {"scopes": ["step", "inference", "latency"], "inference_batches": [2000, 3], "latency_passes": 21}


@pytest.fixture(scope="module")
def ran(carry_out, small_suite):
    return carry_out(small_suite("torch", "healthy-one", "numpy", **SIZES, rounds=2, epoch_metrics=True))


def by_size(ran, arm):
    return {record.cell.batch_size: record for record in ran.records(arm, "inference")}


def test_every_size_is_a_race_of_its_own_the_smallest_first(ran):
    events = [told[1] for told in ran.progress.told if isinstance(told, tuple) and isinstance(told[1], str)]
    assert [event for event in events if event.startswith("torch: ") and event.endswith("warm-up")] == [
        "torch: warm-up",
        "torch: inference, warm-up",
        "torch: inference, batch 3, warm-up",
        "torch: inference, batch 2000, warm-up",
        "torch: latency, batch 1, warm-up",
    ]
    for arm in ("torch", "healthy-one"):
        found = by_size(ran, arm)
        assert found.keys() == {64, 3, 2000}
        assert len({record.key for record in found.values()}) == 3
        assert len({(record.started, record.initial_sha256) for record in found.values()}) == 1
        for record in found.values():
            assert record.outcome is Outcome.OK
            assert {block.round for block in record.timing.blocks} == {0, 1}
            assert all(block.pass_ns is None for block in record.timing.blocks), "no throughput from timed passes"
        assert list(found[3].timing.phases) == ["inference, batch 3"]
    assert ran.records("numpy", "inference") == ran.records("numpy", "latency") == []


def test_passes_are_timed_one_by_one_in_every_round(ran):
    for arm in ("torch", "healthy-one"):
        record = ran.record(arm, "latency")
        assert (record.outcome, record.cell.batch_size) == (Outcome.OK, 1)
        assert {block.round for block in record.timing.blocks} == {0, 1}
        for block in record.timing.blocks:
            assert block.steps == len(block.pass_ns) == 11, "21 in two rounds, and one more where they do not divide"
            assert sum(block.pass_ns) <= block.wall_ns


def test_trainings_are_watched_where_the_suite_says_so(ran):
    for arm in ("torch", "healthy-one", "numpy"):
        record = ran.record(arm, "accuracy")
        course = record.accuracy.course
        assert len(course.metrics) == len(course.seconds) == 2
        assert course.metrics[-1] == record.accuracy.metric
        if Energy().read() is None:
            assert course.joules is None
            assert record.reasons == {"joules": UNREAD}


def test_an_arm_that_fails_at_a_size_loses_that_cell_alone(carry_out, small_suite):
    ran = carry_out(small_suite("nan-pass", "healthy-one", **SIZES, seeds=0))
    assert {size: record.outcome for size, record in by_size(ran, "nan-pass").items()} == dict.fromkeys(
        (64, 3, 2000), Outcome.DIVERGED
    )
    latency = ran.record("nan-pass", "latency")
    assert (latency.outcome, latency.reason) == (Outcome.DIVERGED, "round 1: the output became nan")
    assert ran.record("nan-pass", "step").outcome is Outcome.OK
    assert {record.outcome for record in by_size(ran, "healthy-one").values()} == {Outcome.OK}
