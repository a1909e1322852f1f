"""Where the time of a step goes: parts add up or say why not, and what cannot be taken apart is refused."""

import dataclasses

import pytest
from safetensors.numpy import load_file

from harness import registry
from harness.contract import Outcome
from harness.limits import breakdown
from harness.limits.breakdown import EPOCH_S, Request, Undivided
from harness.registry import UnknownName
from harness.run.process import Worker, WorkerFailure

ASKED = Request("torch", "softmax_digits", "fp32", 1, rounds=2, block_ms=1.0)
TIMES = {
    "input": 64_000_000,
    "forward": 300_000,
    "forward+backward": 600_000,
    "optimizer": 300_000,
    "bookkeeping": 50_000,
    "dispatch": 500_000,
    "step": 1_000_000,
    "epoch": 128_000_000,
}
"""What a block of one takes, in ns; epochs have as many steps as the breakdown says."""


@pytest.fixture
def told(monkeypatch):
    """``told(times, **pressed)`` lets a process of any arm tell ``TIMES``, or others, and fail where one is a reason.

    The parts in ``pressed`` are disturbed so often. It returns what every process was asked for.
    """

    def told(times=TIMES, **pressed):
        left = dict(pressed)
        asked = []

        def ask(self, do, timeout_s, **request):
            asked.append((self, do, request))
            if do == "open":
                return {}
            what = request["scope"]
            if isinstance(times[what], str):
                raise WorkerFailure(Outcome.TIMEOUT, times[what])
            if do == "warm_up":
                return {"steps": 1}
            busy = left.get(what, 0) > 0
            left[what] = left.get(what, 0) - 1
            return {"wall_ns": times[what], "pressure": float(busy), "foreign": float(busy)}

        monkeypatch.setattr(Worker, "ask", ask)
        monkeypatch.setattr(Worker, "begin", lambda self: None)
        monkeypatch.setattr(Worker, "started", lambda self, timeout_s: {})
        return asked

    return told


def test_parts_add_up_to_what_they_explain(told):
    told()
    found = breakdown.measure(ASKED, str)
    assert {one.part: one.ms for one in found.parts} == {
        "input": 64 / found.epoch_steps,
        "forward": 0.3,
        "forward+backward": 0.6,
        "optimizer": 0.3,
        "dispatch": 0.5,
        "step": 1.0,
        "epoch": 128 / found.epoch_steps,
    }
    assert found.sum_ms == pytest.approx(0.9)
    assert found.gap == pytest.approx(0.1)
    assert found.epoch_gap == pytest.approx(1 - (64 / found.epoch_steps + 1.0) / (128 / found.epoch_steps))
    assert [len(one.rounds_ms) for one in found.parts] == [2] * 7


def test_what_a_framework_keeps_of_a_step_is_a_part(told):
    told()
    assert breakdown.measure(dataclasses.replace(ASKED, arm="keras-torch"), str).sum_ms == pytest.approx(0.95)


def test_of_a_compiled_step_nothing_is_added(told):
    told()
    found = breakdown.measure(dataclasses.replace(ASKED, arm="keras-jax"), str)
    assert [one.part for one in found.parts] == ["input", "forward", "forward+backward", "dispatch", "step", "epoch"]
    assert (found.fused, found.sum_ms, found.gap) == (True, None, None)
    assert found.epoch_gap is not None


def test_fewer_parts_have_no_sum_but_the_whole(told):
    told()
    found = breakdown.measure(dataclasses.replace(ASKED, parts=("forward", "optimizer")), str)
    assert [one.part for one in found.parts] == ["forward", "optimizer", "step"]
    assert (found.sum_ms, found.gap, found.epoch_gap) == (None, None, None)


def test_a_disturbed_round_is_run_again_and_then_left_out(told):
    told(forward=2, optimizer=4)
    found = {one.part: one for one in breakdown.measure(ASKED, str).parts}
    assert (len(found["forward"].rounds_ms), found["forward"].disturbed) == (2, 0)
    assert (len(found["optimizer"].rounds_ms), found["optimizer"].disturbed) == (1, 1)


def test_a_part_that_was_always_disturbed_has_a_reason_and_no_sum(told):
    told(optimizer=99)
    found = breakdown.measure(ASKED, str)
    (lost,) = [one for one in found.parts if one.part == "optimizer"]
    assert (lost.ms, lost.reason) == (None, "others took cores from every round")
    assert (found.sum_ms, found.gap) == (None, None)


def test_what_was_mostly_disturbed_is_wanting(told):
    request = dataclasses.replace(ASKED, rounds=3)
    told(optimizer=3)
    assert not breakdown.wanting(breakdown.measure(request, str)), "one round of three"
    told(optimizer=6)
    assert breakdown.wanting(breakdown.measure(request, str)), "two of three"


def test_epochs_have_whole_batches(told, monkeypatch):
    samples = []

    def opened(self, do, timeout_s, **request):
        if do == "open":
            samples.append(len(load_file(request["arrays"])["x_train"]))
        return answer(self, do, timeout_s, **request)

    told()
    answer = Worker.ask
    monkeypatch.setattr(Worker, "ask", opened)
    found = breakdown.measure(ASKED, str)
    assert samples == [found.epoch_steps * found.batch_size]


def test_epochs_of_slow_steps_have_fewer_batches(told):
    told(TIMES | {"step": round(EPOCH_S * 1e9 / 2.5)})
    found = breakdown.measure(ASKED, str)
    assert found.epoch_steps == 3
    assert {one.part: one.ms for one in found.parts}["epoch"] == pytest.approx(128 / 3)


def test_a_part_that_fails_is_left_out_and_the_others_are_of_a_fresh_process(told):
    asked = told(TIMES | {"epoch": "no answer within 300 s"})
    found = breakdown.measure(ASKED, str)
    lost = {one.part: one.reason for one in found.parts if one.ms is None}
    assert lost == {"epoch": "no answer within 300 s"}
    assert found.sum_ms == pytest.approx(0.9)
    assert found.epoch_gap is None
    assert breakdown.wanting(found)
    timed = [worker for worker, do, request in asked if do == "block" and request["scope"] != "step"]
    failed = [worker for worker, _, request in asked if request.get("scope") == "epoch"]
    assert len(failed) == 1
    assert failed[0] not in timed


def test_all_arms_are_those_that_have_the_parts(monkeypatch):
    every = ["torch", "keras-tensorflow", "keras-jax", "keras-torch"]  # whichever are installed: none is started
    monkeypatch.setattr(registry, "able", lambda *_: every)
    arms = breakdown.named([], ["optimizer"], "fp32", "softmax_digits")
    assert {"torch", "keras-torch"} <= {*arms}
    assert not {"keras-tensorflow", "keras-jax"} & {*arms}
    assert breakdown.named([], ["bookkeeping"], "fp32", "softmax_digits") == ["keras-torch"]


def test_an_unknown_part_is_refused_before_arms_are_looked_for():
    with pytest.raises(UnknownName, match="did you mean 'optimizer'"):
        breakdown.named([], ["optimiser"], "fp32", "softmax_digits")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arm": "keras-jax", "parts": ("optimizer",)}, "compiled as a whole; it has input, forward, forward"),
        ({"arm": "keras-tensorflow", "parts": ("optimizer",)}, "compiled as a whole"),
        ({"parts": ("bookkeeping",)}, "torch cannot run bookkeeping by itself"),
        ({"arm": "numpy"}, "numpy has no parts"),
        ({"workload": "custom.sharpness_aware"}, "a train step of its own"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(changes, said):
    with pytest.raises(Undivided, match=said):
        dataclasses.replace(ASKED, **changes).check()


@pytest.mark.parametrize("changes", [{"arm": "torhc"}, {"workload": "mlp_digit"}, {"parts": ("optimiser",)}])
def test_unknown_names_are_refused_with_a_hint(changes):
    with pytest.raises(UnknownName, match="did you mean"):
        dataclasses.replace(ASKED, **changes).check()
