"""How a step's time grows: what is varied, exponents and bends, what is lost, and what is refused."""

import dataclasses
import json

import pytest

from harness.contract import Outcome
from harness.limits import scaling
from harness.limits.scaling import Request, Unscalable
from harness.registry import UnknownName
from harness.report import scales
from harness.run.process import Worker, WorkerFailure

ASKED = Request(
    "softmax_digits", "batch", (1, 4, 16, 64), ("torch", "keras-jax"), "fp32", 1, launches=1, rounds=2, block_ms=1.0
)


@pytest.fixture
def told(monkeypatch):
    """``told(ms)`` lets a step take what ``ms(arm, value)`` says: milliseconds, a reason, or None if disturbed.

    The value is that of the batch, the threads or the depth. It returns what every process was opened with.
    """

    def told(ms, value=lambda setup, workload: workload["batch_size"]):
        opened, at = [], {}

        def ask(self, do, timeout_s, **request):
            if do == "open":
                opened.append((self.spec.name, self.setup, request))
                at[id(self)] = value(self.setup, request["workload"])
                return {}
            if do == "warm_up":
                return {"steps": 10}
            answer = ms(self.spec.name, at[id(self)])
            if isinstance(answer, str):
                raise WorkerFailure(Outcome.CRASHED, answer)
            busy = float(answer is None)
            return {"wall_ns": 1e7 * (answer or 1.0), "pressure": busy, "foreign": busy}

        monkeypatch.setattr(Worker, "ask", ask)
        monkeypatch.setattr(Worker, "begin", lambda self: None)
        monkeypatch.setattr(Worker, "settle", lambda self, timeout_s: None)
        monkeypatch.setattr(Worker, "started", lambda self, timeout_s: {})
        return opened

    return told


def times(line):
    return [point.ms for point in line.points]


def test_times_exponents_and_bends_are_told_by_arm(told):
    told(lambda arm, batch: 0.5 * batch if arm == "torch" else max(1.0, batch / 4))
    torch, jax = scaling.measure(ASKED, str).lines
    assert times(torch) == pytest.approx([0.5, 2.0, 8.0, 32.0])
    assert (torch.exponent, torch.low, torch.high) == pytest.approx((1.0, 1.0, 1.0))
    assert torch.bend is None
    assert times(jax) == pytest.approx([1.0, 1.0, 4.0, 16.0])
    assert jax.low < jax.exponent < jax.high
    assert (jax.bend.value, jax.bend.before, jax.bend.after) == (4, pytest.approx(0.0), pytest.approx(1.0))


def test_a_batch_a_number_of_threads_and_an_argument_are_what_a_process_is_told(told):
    opened = told(lambda arm, value: 1.0)
    scaling.measure(ASKED, str)
    assert {request["cell"]["batch_size"] for _, _, request in opened} == {1, 4, 16, 64}
    opened = told(lambda arm, value: 1.0, value=lambda setup, workload: setup.threads)
    scaling.measure(dataclasses.replace(ASKED, over="threads", values=(1, 2)), str)
    assert sorted((arm, setup.threads) for arm, setup, _ in opened) == sorted(
        (arm, count) for count in (1, 2) for arm in ASKED.arms
    )
    opened = told(lambda arm, value: 1.0)
    asked = dataclasses.replace(ASKED, workload="resnet20_mnist5k", over="depth", values=(20, 32))
    found = scaling.measure(asked, str)
    arguments = [request["workload"]["architecture"]["arguments"]["depth"] for _, _, request in opened]
    assert sorted(arguments) == [20, 20, 32, 32]
    assert (found.threads, found.batch_size) == (1, 32)


def test_what_is_lost_or_disturbed_has_its_reason_and_the_rest_is_measured(told):
    def ms(arm, batch):
        if arm == "torch":
            return "ran out of memory" if batch == 64 else float(batch)
        return None if batch < 64 else 1.0

    told(ms)
    found = scaling.measure(ASKED, str)
    torch, jax = found.lines
    assert times(torch)[-1] is None
    assert torch.points[-1].reason == "ran out of memory"
    assert torch.exponent == pytest.approx(1.0)
    assert [(point.ms, point.disturbed) for point in jax.points] == [(None, 2)] * 3 + [(1.0, 0)]
    assert (jax.exponent, jax.bend) == (None, None)
    assert scaling.wanting(found)
    rows, notes = scales.sheet(found).marked()
    assert rows[0][1:4] == ["1.00", "4.00", "16.0"]
    assert "ran out of memory" in notes
    assert "fewer than two values were measured" in notes


def test_all_values_are_gone_through_again_in_another_order_by_other_processes(told):
    opened = told(lambda arm, batch: float(batch))
    (torch, _) = scaling.measure(dataclasses.replace(ASKED, launches=3), str).lines
    orders = [request["cell"]["batch_size"] for arm, _, request in opened if arm == "torch"]
    launches = [tuple(orders[first : first + 4]) for first in (0, 4, 8)]
    assert all(sorted(order) == [1, 4, 16, 64] for order in launches)
    assert len(set(launches)) > 1
    assert [len(point.rounds_ms) for point in torch.points] == [6] * 4


def test_two_values_have_an_exponent_without_interval(told):
    told(lambda arm, batch: float(batch))
    found = scaling.measure(dataclasses.replace(ASKED, values=(1, 4)), str)
    assert (found.lines[0].exponent, found.lines[0].low) == (pytest.approx(1.0), None)
    assert "two values: no interval" in scales.sheet(found).marked()[1]


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"workload": "softmax_digit"}, UnknownName, "did you mean 'softmax_digits'"),
        ({"over": "bach"}, UnknownName, "did you mean 'batch'"),
        ({"over": "num_classes"}, UnknownName, "unknown thing to vary"),
        ({"values": (4, 1)}, Unscalable, "ascending"),
        ({"values": (4,)}, Unscalable, "two or more"),
        ({"over": "threads", "values": (1, 9999)}, Unscalable, "only"),
        ({"arms": ("numpy",)}, Unscalable, "numpy is a witness"),
        ({"arms": ("torhc",)}, UnknownName, "did you mean 'torch'"),
        ({"arms": ()}, Unscalable, "no arm can train"),
        ({"precision": "tf32"}, Unscalable, "does not compute in tf32 on cpu"),
    ],
)
def test_what_cannot_be_varied_is_refused(changes, error, said):
    with pytest.raises(error, match=said):
        dataclasses.replace(ASKED, **changes).check()


def test_the_command_shows_a_table_and_files_figures_and_a_picture(chaos, twinbench, tmp_path):
    asked = ("scale", "softmax_digits", "--values", "8,32", "--arms", "healthy-one,healthy-two", "--rounds", "1")
    ended = twinbench(*asked, "--block-ms", "1", "--threads", "1", "--json", "--results", str(tmp_path))
    assert ended.status == 0, ended.err
    told = json.loads(ended.out)
    assert [(line["arm"], len(line["points"])) for line in told["lines"]] == [("healthy-one", 2), ("healthy-two", 2)]
    assert all(point["ms"] > 0 for line in told["lines"] for point in line["points"])
    assert {path.suffix for path in (tmp_path / "scaling").iterdir()} == {".json", ".png"}
    shown = twinbench(*asked, "--block-ms", "1", "--threads", "1", "--results", str(tmp_path))
    assert "32 (ms)" in shown.out
    assert "exponent" in shown.out
    assert len(list((tmp_path / "scaling").iterdir())) == 2, "the last of each kind is kept"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("resnet20_mnist5k", "--over", "depth"), "--values is missing"),
        (("softmax_digits", "--values", "1,x"), "whole numbers separated by commas"),
        (("softmax_digits", "--precision", "fp8"), "unknown precision 'fp8'"),
    ],
)
def test_a_wrong_request_gets_one_clear_line(twinbench, tmp_path, arguments, said):
    ended = twinbench("scale", *arguments, "--results", str(tmp_path))
    assert ended.status == 2
    assert said in ended.err
    assert list(tmp_path.iterdir()) == []
