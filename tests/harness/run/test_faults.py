"""Whatever an arm does, its cells get a typed record with a reason, and its neighbours do not notice."""

import re

import pytest

from harness.contract import Outcome

HEALTHY = ("healthy-one", "healthy-two")
BEFORE_FIRST_STEP = {  # a worker that crashes here gets a second chance
    "exit-start": "start: exited with status 3",
    "segv-open": "open: killed by SIGSEGV",
    "abort-step": "open: killed by SIGABRT",
    "error-open": r"open: ValueError: no such thing as a \udc80 layer",
    "object-settings": "open: TypeError: Object of type type is not JSON serializable",
}
NO_SECOND_CHANCE = {
    "memory-step": (Outcome.OUT_OF_MEMORY_HOST, "open: MemoryError: Unable to allocate 7.28 TiB"),
    "device-open": (Outcome.OUT_OF_MEMORY_DEVICE, "CHAOS_EXHAUSTED"),
    "nan-step": (Outcome.DIVERGED, "first step: the loss became nan"),
    "list-settings": (Outcome.INVALID_RESULT, "unusable answer"),
}
IN_RACE = {
    "exit-block": (Outcome.CRASHED, "block: exited with status 3"),
    "exitchild-block": (Outcome.CRASHED, "block: exited with status 3"),
    "garbage-block": (Outcome.INVALID_RESULT, "block: not an answer: b'Segmentation fault"),
    "flood-block": (Outcome.INVALID_RESULT, "block: not an answer: b'xxx"),
    "mute-block": (Outcome.INVALID_RESULT, "block: the worker closed its channel"),
    "nan-block": (Outcome.DIVERGED, "round 1: the loss became nan"),
}
IN_TRAINING = {
    "segv-fit": (Outcome.CRASHED, "train: killed by SIGSEGV"),
    "error-fit": (Outcome.CRASHED, "train: ValueError: no such thing"),
    "nomapping-fit": (Outcome.INVALID_RESULT, "train: not an answer"),
    "nan-fit": (Outcome.DIVERGED, "a loss or metric became nan"),
    "none-short": (Outcome.INVALID_RESULT, "losses of 1 epochs, not of 2"),
    "none-predict": (Outcome.CRASHED, "outputs of shape (358, 10)"),
}
ROUNDS = 2


@pytest.fixture(scope="module")
def ran(carry_out, small_suite):
    """One sitting in which all of them take part."""
    chaotic = (*BEFORE_FIRST_STEP, *NO_SECOND_CHANCE, *IN_RACE, *IN_TRAINING, "stumble-open")
    return carry_out(small_suite(HEALTHY[0], *chaotic, HEALTHY[1], rounds=ROUNDS))


@pytest.fixture(scope="module")
def hung(carry_out, small_suite):
    """A sitting in which some never answer."""
    return carry_out(small_suite("hang-open", "hang-block", "hangchild-fit", "healthy-one", timeout_s=2.5))


def children(log):
    return [int(pid) for pid in re.findall(r"^child (\d+)$", log, re.MULTILINE)]


@pytest.mark.parametrize("scope", ["step", "accuracy"])
@pytest.mark.parametrize("arm", BEFORE_FIRST_STEP)
def test_crash_before_the_first_step_is_tried_twice(ran, arm, scope):
    first, second = ran.records(arm, scope)
    assert (first.attempt, second.attempt) == (1, 2)
    for record in (first, second):
        assert record.outcome is Outcome.CRASHED
        assert record.reason == BEFORE_FIRST_STEP[arm]


@pytest.mark.parametrize("scope", ["step", "accuracy"])
def test_second_attempt_has_a_process_and_a_log_of_its_own_and_may_succeed(ran, scope):
    first, second = ran.records("stumble-open", scope)
    assert (first.outcome, second.outcome) == (Outcome.CRASHED, Outcome.OK)
    assert (first.attempt, second.attempt) == (1, 2)
    assert f"pid {second.settings['pid']}\n" in ran.log(second)
    assert f"pid {second.settings['pid']}\n" not in ran.log(first)


@pytest.mark.parametrize("scope", ["step", "accuracy"])
@pytest.mark.parametrize("arm", NO_SECOND_CHANCE)
def test_what_a_second_process_cannot_mend_is_tried_once(ran, arm, scope):
    outcome, reason = NO_SECOND_CHANCE[arm]
    record = ran.record(arm, scope)
    assert record.outcome is outcome
    assert reason in record.reason


@pytest.mark.parametrize("arm", IN_RACE)
def test_fault_in_the_race_costs_only_the_timing_cell(ran, arm):
    outcome, reason = IN_RACE[arm]
    raced, trained = ran.record(arm, "step"), ran.record(arm, "accuracy")
    assert raced.outcome is outcome
    assert reason in raced.reason
    assert raced.timing is None
    assert trained.outcome is Outcome.OK
    assert trained.settings["pid"] != raced.settings["pid"]


@pytest.mark.parametrize("arm", IN_TRAINING)
def test_fault_in_training_costs_only_the_accuracy_cell(ran, arm):
    outcome, reason = IN_TRAINING[arm]
    trained = ran.record(arm, "accuracy")
    assert trained.outcome is outcome
    assert reason in trained.reason
    assert trained.accuracy is None
    assert ran.record(arm, "step").outcome is Outcome.OK


@pytest.mark.parametrize("arm", HEALTHY)
def test_neighbours_are_unaffected(ran, arm):
    raced, trained = ran.record(arm, "step"), ran.record(arm, "accuracy")
    assert raced.outcome is trained.outcome is Outcome.OK
    assert [(block.round, block.rerun) for block in raced.timing.blocks] == [(n, 0) for n in range(ROUNDS)]
    assert len(trained.accuracy.epoch_losses) == 2


def test_crash_leaves_no_child_behind(ran, has_ended):
    left = children(ran.log(ran.record("exitchild-block", "step")))
    assert left
    assert all(map(has_ended, left))


def test_a_python_error_leaves_its_traceback_in_the_log(ran):
    assert "Traceback (most recent call last)" in ran.log(ran.record("error-fit", "accuracy"))


def test_a_signal_leaves_its_stack_in_the_log(ran):
    assert "Fatal Python error: Segmentation fault" in ran.log(ran.record("segv-fit", "accuracy"))


@pytest.mark.parametrize(
    ("arm", "scope", "reason"),
    [
        ("hang-open", "step", "open: no answer within 2.5 s"),
        ("hang-open", "accuracy", "open: no answer within 2.5 s"),
        ("hang-block", "step", "block: no answer within 2.5 s"),
        ("hangchild-fit", "accuracy", "train: no answer within 2.5 s"),
    ],
)
def test_silence_is_a_timeout_and_not_tried_again(hung, arm, scope, reason):
    record = hung.record(arm, scope)
    assert record.outcome is Outcome.TIMEOUT
    assert record.reason == reason
    assert "most recent call first" in hung.log(record), "the stacks of a hanging worker belong in its log"


def test_others_finish_beside_a_hanging_arm(hung):
    cells = [
        ("healthy-one", "step"),
        ("healthy-one", "accuracy"),
        ("hang-block", "accuracy"),
        ("hangchild-fit", "step"),
    ]
    assert [hung.record(*cell).outcome for cell in cells] == [Outcome.OK] * 4


def test_timeout_kills_the_whole_process_group(hung, has_ended):
    record = hung.record("hangchild-fit", "accuracy")
    left = children(hung.log(record))
    assert left
    assert all(map(has_ended, [record.settings["pid"], *left]))
