"""The optimizer and schedule gates on real halves: green on healthy ones, red on planted faults, and in their place."""

import contextlib

import numpy as np
import pytest

from harness.parity import optimizers, schedules
from harness.parity.mutants import Mutant, planted
from harness.parity.optimizers import OPTIMIZERS, TINY_RUN, compare
from harness.parity.pair import Workers

ALL = {"plain", "weight decay", "clipping", "learning-rate drop", TINY_RUN}


def keras_fault(name, old, new, row, located, file="optimizers"):
    return Mutant(name, f"models_keras/techniques/{file}.py", old, new, row, located)


OPTIMIZER_FAULTS = [
    (
        keras_fault(
            "Adam's epsilon on the uncorrected root",
            "return self._epsilon * math.sqrt(1 - self.beta_2 ** (int(self.iterations.value) + 1))",
            "return self._epsilon",
            "adam",
            "parameters of 0.weight after 1 steps",
        ),
        ALL,
    ),
    (
        keras_fault(
            "decoupled decay",
            '(CoupledDecay, *mixins), arguments | {"coupled_decay": spec.weight_decay}',
            'mixins, arguments | {"weight_decay": spec.weight_decay}',
            "momentum",
            "momentum_buffer of 0.weight after 1 steps",
        ),
        {"weight decay"},
    ),
    (
        keras_fault(
            "learning rate within the momentum",
            "buffer += g\n        p -= learning_rate * (g + self.momentum * buffer if self.nesterov else buffer)",
            "buffer += learning_rate * g\n        p -= buffer",
            "momentum",
            "momentum_buffer of 0.weight after 1 steps",
        ),
        ALL,
    ),
    (
        keras_fault(
            "each tensor clipped by its own norm",
            '"global_norm": clip_global_norm',
            '"global_norm": clip_each_norm',
            "sgd",
            "parameters of 0.weight after 2 steps",
            "clipping",
        ),
        {"clipping"},
    ),
    (
        keras_fault(
            "a norm without PyTorch's 1e-6",
            "STABILISER = 1e-6",
            "STABILISER = 0.0",
            "sgd",
            "parameters of 0.weight after",
            "clipping",
        ),
        {"clipping", "clipping per tensor"},
    ),
    (
        keras_fault(
            "RMSprop's epsilon under the root",
            "g / (backend.sqrt(square) + self.epsilon)",
            "g / backend.sqrt(square + self.epsilon)",
            "rmsprop",
            "parameters of 0.weight after 1 steps",
        ),
        ALL,
    ),
    (
        keras_fault(
            "Adagrad's epsilon under the root",
            "(backend.sqrt(total) + self.epsilon)",
            "backend.sqrt(total + self.epsilon)",
            "adagrad",
            "parameters of 0.weight after",
        ),
        {"weight decay", TINY_RUN},  # with gradients near 1 it changes less than the bound: 2e-10
    ),
    (
        keras_fault(
            "Adamax's norm without epsilon",
            "abs(g) + self.epsilon)",
            "abs(g))",
            "adamax",
            "parameters of 0.weight after 1 steps",
        ),
        ALL,
    ),
    (
        keras_fault(
            "NAdam's next momentum a step late",
            "self.mu(step), self.mu(step + 1)",
            "self.mu(step), self.mu(step)",
            "nadam",
            "parameters of 0.weight after 1 steps",
        ),
        ALL,
    ),
]
SCHEDULE_FAULTS = [
    keras_fault("a cosine one step ahead", "ops.cast(step,", "ops.cast(step + 1,", "cosine", "step 0", "schedules"),
    keras_fault("a plateau one epoch early", "wait > self", "wait >= self", "plateau", "step", "schedules"),
    keras_fault("a threshold not relative", "best * (1 - self", "best - (self", "plateau", "step", "schedules"),
]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield start(stack, tmp_path_factory.mktemp("healthy"))


@pytest.fixture
def faulty(healthy, tmp_path, request):
    """Processes whose packages have the fault; PyTorch's half, which has none of these, is the healthy one."""
    with contextlib.ExitStack() as stack:
        workers = start(stack, tmp_path)
        workers.running["torch", "fp64", False] = healthy.get("torch", "fp64")
        stack.enter_context(planted(request.param, tmp_path / "packages"))
        yield workers


def start(stack, scratch):
    (scratch / "keras").mkdir()
    return Workers(stack, scratch, threads=1)


def by_variant(findings):
    return {(finding.workload, finding.arm): finding for finding in findings}


def test_every_optimizer_and_variant_is_compared(healthy):
    findings = by_variant(optimizers.check(healthy, ["torch", "keras-torch", "numpy"], seed=1))
    assert [finding for finding in findings.values() if not finding.passed] == []
    for row in OPTIMIZERS:
        assert all((f"{row} · {variant}", "keras-torch") in findings for variant in ALL), row
    witnessed = {workload.partition(" · ")[0] for workload, arm in findings if arm == "numpy"}
    assert witnessed == {"sgd", "momentum", "nesterov", "adam", "adamw"}
    assert all(0 < finding.figure <= 1e-13 for (workload, _), finding in findings.items() if "adam" in workload)


@pytest.mark.parametrize("arm", ["keras-tensorflow", "keras-jax"])
def test_compiled_updates_are_the_same(healthy, arm):
    rows = ["nesterov", "rmsprop momentum", "adamw", "nadam", "adamax"]
    findings = [*optimizers.check(healthy, [arm], rows=rows), *schedules.check(healthy, [arm])]
    assert [finding for finding in findings if not finding.passed] == []
    assert len(findings) == len(rows) * len(ALL) + len(schedules.COSINES) + len(schedules.PLATEAUS)


@pytest.mark.parametrize(
    ("faulty", "red"), OPTIMIZER_FAULTS, indirect=["faulty"], ids=[fault.name for fault, _ in OPTIMIZER_FAULTS]
)
def test_a_fault_in_an_optimizer_is_found_in_its_variants(faulty, red, request):
    fault = request.node.callspec.params["faulty"]
    failed = [f for f in optimizers.check(faulty, ["keras-torch"], rows=[fault.workload]) if not f.passed]
    assert {finding.workload.partition(" · ")[2] for finding in failed} == red
    assert failed[0].where.startswith(fault.located)


@pytest.mark.parametrize("faulty", SCHEDULE_FAULTS, indirect=True, ids=[fault.name for fault in SCHEDULE_FAULTS])
def test_a_fault_in_a_schedule_is_found(faulty, request):
    fault = request.node.callspec.params["faulty"]
    failed = [finding for finding in schedules.check(faulty, ["keras-torch"]) if not finding.passed]
    assert failed
    assert all(finding.workload.startswith(fault.workload) for finding in failed)
    assert failed[0].where.startswith(fault.located)


def test_a_half_that_fails_is_a_finding(healthy):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizers, "WITNESSED", ("rmsprop",))
        (finding, *_) = optimizers.check(healthy, ["numpy"], rows=["rmsprop"])
    assert not finding.passed
    assert "no optimizer 'rmsprop'" in finding.where


def test_a_small_slot_does_not_hide_behind_parameters():
    theirs = {"1/parameters/w": np.ones(3), "1/exp_avg_sq/w": np.full(3, 1e-15)}
    finding = compare("adam", "keras-torch", theirs | {"1/exp_avg_sq/w": np.full(3, 1.1e-15)}, theirs)
    assert finding.where == "exp_avg_sq of w after 1 steps"
    assert finding.figure == pytest.approx(0.1)


def test_stock_optimizers_differ_where_they_are_reconciled(healthy):
    found = {(row, run): error for row, run, error in optimizers.differences(healthy, "keras-torch")}
    assert found["sgd", "plain"] == 0
    for row, run in [
        ("momentum", "learning-rate drop"), ("adam", TINY_RUN), ("rmsprop", TINY_RUN), ("adagrad", TINY_RUN),
        ("nadam", "plain"), ("adamax", TINY_RUN), ("adam", "weight decay"), ("sgd", "clipping"),
    ]:  # fmt: skip
        assert found[row, run] > 1e-8, (row, run)
