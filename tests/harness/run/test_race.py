"""Turns, contended rounds and fresh processes of a race."""

import os

import pytest

from harness.contract import Outcome
from harness.run.process import Worker


@pytest.fixture
def asked(monkeypatch):
    """Requests to workers, in order: arm and what is asked."""
    requests = []
    ask = Worker.ask

    def spy(self, do, timeout_s, **arguments):
        requests.append((self.spec.name, do))
        return ask(self, do, timeout_s, **arguments)

    monkeypatch.setattr(Worker, "ask", spy)
    return requests


def rounds(record):
    return sorted((block.rerun, block.round) for block in record.timing.blocks)


def test_every_arm_has_one_block_a_round_in_random_order(carry_out, small_suite, asked):
    arms = {"healthy-one", "healthy-two", "healthy-three"}
    carry_out(small_suite(*sorted(arms), rounds=8, launches=2, seeds=0))
    turns = [arm for arm, do in asked if do == "block"]
    by_round = [tuple(turns[start : start + 3]) for start in range(0, len(turns), 3)]
    assert len(by_round) == 16
    assert all(set(turn) == arms for turn in by_round)
    assert len(set(by_round[:8])) > 1, "an order for each round"
    assert by_round[:8] != by_round[8:], "other orders for each launch"

    asked.clear()
    carry_out(small_suite(*sorted(arms), rounds=8, seeds=0))
    assert [arm for arm, do in asked if do == "block"] == turns[:24], "a launch has its order whenever it runs"


def test_a_contended_round_is_run_again_by_all(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", "crowded-block2", rounds=3, seeds=0))
    disturbed, quiet = ran.record("crowded-block2", "step"), ran.record("healthy-one", "step")
    assert rounds(disturbed) == rounds(quiet) == [(0, 0), (0, 1), (0, 2), (1, 1)]
    assert [(b.round, b.rerun) for b in disturbed.timing.blocks if b.contended] == [(1, 0)]
    assert not any(block.contended for block in quiet.timing.blocks)


def test_contended_rounds_are_run_again_at_most_twice(carry_out, small_suite):
    ran = carry_out(small_suite("crowded-always", "healthy-one", rounds=2, seeds=0))
    every = [(rerun, number) for rerun in range(3) for number in range(2)]
    disturbed = ran.record("crowded-always", "step")
    assert rounds(disturbed) == rounds(ran.record("healthy-one", "step")) == every
    assert all(block.contended and block.pressure == block.foreign == 0.9 for block in disturbed.timing.blocks)


def test_every_launch_has_processes_of_its_own(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", "healthy-two", launches=2, seeds=2))
    raced = [record for arm in ("healthy-one", "healthy-two") for record in ran.records(arm, "step")]
    assert [record.cell.index for record in raced] == [0, 1, 0, 1]
    pids = {record.settings["pid"] for record in raced}
    assert len(pids) == 4
    assert os.getpid() not in pids


def test_a_sitting_shares_its_processes_between_race_and_training(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one"))
    raced, trained = ran.record("healthy-one", "step"), ran.record("healthy-one", "accuracy")
    assert raced.settings["pid"] == trained.settings["pid"]
    assert raced.started == trained.started


BOTH = ["step", "inference"]


def test_forward_passes_are_raced_behind_the_train_steps(carry_out, small_suite, asked):
    ran = carry_out(small_suite("healthy-one", "healthy-two", scopes=BOTH, rounds=3))
    assert [do for arm, do in asked if arm == "healthy-one"] == [
        *("open", "warm_up", "block", "block", "block", "finish"),
        *("warm_up", "block", "block", "block", "finish", "train", "finish"),
    ]
    steps, passes = ran.record("healthy-one", "step"), ran.record("healthy-one", "inference")
    assert rounds(passes) == rounds(steps) == [(0, 0), (0, 1), (0, 2)]
    assert passes.settings["pid"] == steps.settings["pid"]
    assert passes.initial_sha256 == steps.initial_sha256
    assert passes.key != steps.key
    elsewhere = ("first_step_s", "cold_start_s", "peak_rss_bytes", "first_loss")
    assert [getattr(passes.timing, name) for name in elsewhere] == [None] * 4
    assert passes.reasons.keys() == set(elsewhere)
    assert ran.record("healthy-one", "accuracy").outcome is Outcome.OK


def test_epochs_are_raced_last_and_each_block_holds_whole_ones(carry_out, small_suite, asked):
    ran = carry_out(small_suite("healthy-one", "healthy-two", scopes=[*BOTH, "epoch"], rounds=2))
    assert [do for arm, do in asked if arm == "healthy-one"] == [
        "open",
        *("warm_up", "block", "block", "finish") * 3,
        *("train", "finish"),
    ]
    epochs, steps = ran.record("healthy-one", "epoch"), ran.record("healthy-one", "step")
    assert rounds(epochs) == rounds(steps) == [(0, 0), (0, 1)]
    assert epochs.initial_sha256 == steps.initial_sha256
    assert len({epochs.key, steps.key, ran.record("healthy-one", "inference").key}) == 3
    trained = [line for line in ran.log(epochs).splitlines() if line.startswith("fit: ")]
    blocks = [f"fit: {block.steps} epochs of 1438 samples" for block in epochs.timing.blocks]
    assert trained[-3:] == [*blocks, "fit: 2 epochs of 1438 samples"], "two blocks, and the training after them"
    assert epochs.timing.peak_rss_bytes is None
    assert list(steps.timing.phases) == ["import", "build", "first step", "step"]
    assert steps.timing.peak_rss_bytes == max(steps.timing.phases.values())
    assert list(epochs.timing.phases) == ["epoch"]
    assert ran.record("healthy-one", "accuracy").outcome is Outcome.OK


def test_an_arm_lost_in_the_first_race_runs_the_second_in_a_fresh_process(carry_out, small_suite):
    ran = carry_out(small_suite("exit-block", "healthy-one", scopes=BOTH))
    assert [ran.record("exit-block", scope).outcome for scope in (*BOTH, "accuracy")] == [
        Outcome.CRASHED,
        Outcome.OK,
        Outcome.OK,
    ]
    assert [ran.record("healthy-one", scope).outcome for scope in BOTH] == [Outcome.OK] * 2


def test_outputs_that_are_no_numbers_end_the_race(carry_out, small_suite):
    ran = carry_out(small_suite("nan-pass", "healthy-one", scopes=BOTH))
    record = ran.record("nan-pass", "inference")
    assert (record.outcome, record.reason) == (Outcome.DIVERGED, "round 1: the output became nan")
    assert ran.record("nan-pass", "step").outcome is Outcome.OK


TWO_WORKLOADS = [{"name": "softmax_digits", "epochs": 1}, {"name": "mlp_digits", "epochs": 1}]


def by_workload(records):
    return {record.cell.workload: record for record in records}


def test_a_launch_without_cold_start_goes_through_all_workloads(carry_out, small_suite):
    suite = small_suite("healthy-one", "healthy-two", workloads=TWO_WORKLOADS, launches=3, cold_starts=1, seeds=3)
    ran = carry_out(suite)
    raced = ran.records("healthy-one", "step")
    cold, second, third = (by_workload(record for record in raced if record.cell.index == i) for i in range(3))
    assert len({record.settings["pid"] for record in cold.values()}) == 2
    for launch in (second, third):
        assert len({record.settings["pid"] for record in launch.values()}) == 1
    assert second["softmax_digits"].settings["pid"] != third["softmax_digits"].settings["pid"]

    fresh = ("first_step_s", "cold_start_s", "peak_rss_bytes", "phases")
    assert all(getattr(record.timing, name) for record in cold.values() for name in fresh)
    for launch, first, later in (
        (second, "mlp_digits", "softmax_digits"),
        (third, "softmax_digits", "mlp_digits"),
    ):
        assert set(launch[first].reasons) == {"cold_start_s"}, "launches begin with another workload in turn"
        assert launch[first].timing.first_step_s
        assert launch[later].reasons == dict.fromkeys(fresh, "the process had raced another workload before")
        assert [getattr(launch[later].timing, name) for name in fresh] == [None] * 4
    assert all(record.outcome is Outcome.OK for record in ran.result.records)
    trained = {(r.cell.workload, r.cell.index): r.accuracy.final_sha256 for r in ran.records("healthy-one", "accuracy")}
    alone = carry_out(small_suite("healthy-one", workloads=TWO_WORKLOADS[1:], launches=0, seeds=3))
    assert {key: trained[key] for key in trained if key[0] == "mlp_digits"} == {
        (r.cell.workload, r.cell.index): r.accuracy.final_sha256 for r in alone.records("healthy-one", "accuracy")
    }, "what a process did before does not matter"


def test_a_process_lost_in_one_workload_is_replaced_for_the_next(carry_out, small_suite):
    ran = carry_out(small_suite("exit-block", "healthy-one", workloads=TWO_WORKLOADS, cold_starts=0))
    assert [(r.cell.workload, r.outcome) for r in ran.records("exit-block", "step")] == [
        ("softmax_digits", Outcome.CRASHED),
        ("mlp_digits", Outcome.CRASHED),
    ]
    for arm in ("exit-block", "healthy-one"):
        assert [r.outcome for r in ran.records(arm, "accuracy")] == [Outcome.OK] * 2
    assert len({r.settings["pid"] for r in ran.records("healthy-one", "accuracy")}) == 1
    assert len({r.settings["pid"] for arm in ("exit-block",) for r in ran.records(arm, "step")}) == 2
    assert (
        len({r.log for arm in ("exit-block",) for scope in ("step", "accuracy") for r in ran.records(arm, scope)}) > 1
    )


def test_first_steps_wait_until_nobody_imports(carry_out, small_suite, monkeypatch):
    ready = []
    settle, ask = Worker.settle, Worker.ask

    def spied_settle(self, timeout_s):
        settle(self, timeout_s)
        ready.append(self.spec.name)

    def spied_ask(self, do, timeout_s, **arguments):
        if do == "open":
            assert set(ready) == {"healthy-one", "healthy-two"}
        return ask(self, do, timeout_s, **arguments)

    monkeypatch.setattr(Worker, "settle", spied_settle)
    monkeypatch.setattr(Worker, "ask", spied_ask)
    ran = carry_out(small_suite("healthy-one", "healthy-two", cold_starts=0, seeds=0))
    assert {record.outcome for record in ran.result.records} == {Outcome.OK}


def test_cold_start_is_measured_only_where_workers_started_alone(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", "healthy-two", launches=2, cold_starts=1, seeds=0))
    for arm in ("healthy-one", "healthy-two"):
        alone, beside = ran.records(arm, "step")
        assert alone.timing.cold_start_s >= alone.timing.start_s + alone.timing.build_s + alone.timing.first_step_s
        assert beside.timing.cold_start_s is None
        assert beside.reasons == {"cold_start_s": "workers of this launch started side by side"}


def test_a_race_and_a_training_start_from_equal_parameters_in_all_arms(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", "healthy-two", seeds=2))
    for scope in ("step", "accuracy"):
        mine, theirs = (
            [
                (r.initial_sha256, r.accuracy and (r.accuracy.order_sha256, r.accuracy.final_sha256))
                for r in ran.records(arm, scope)
            ]
            for arm in ("healthy-one", "healthy-two")
        )
        assert mine == theirs
    first, second = ran.records("healthy-one", "accuracy")
    assert first.initial_sha256 != second.initial_sha256
    assert first.accuracy.order_sha256 != second.accuracy.order_sha256


def test_a_witness_is_trained_but_not_raced(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", "numpy"))
    assert ran.records("numpy", "step") == []
    assert ran.record("numpy", "accuracy").outcome is Outcome.OK


def test_without_turns_an_arm_runs_all_its_blocks_at_one_go(carry_out, small_suite, asked):
    carry_out(small_suite("healthy-one", "healthy-two", rounds=4, seeds=0, interleaved=False))
    turns = [arm for arm, do in asked if do == "block"]
    assert turns in (
        ["healthy-one"] * 4 + ["healthy-two"] * 4,
        ["healthy-two"] * 4 + ["healthy-one"] * 4,
    )


def test_an_arm_stands_beside_its_twin_in_processes_of_their_own(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", "healthy-one-twin", seeds=0))
    arm, twin = ran.record("healthy-one", "step"), ran.record("healthy-one-twin", "step")
    assert arm.settings["pid"] != twin.settings["pid"]
    assert arm.initial_sha256 == twin.initial_sha256
    assert arm.started == twin.started
