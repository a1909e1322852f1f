"""The optimizer and schedule gates on real halves: green on healthy ones, red on planted faults, and in their place."""

import numpy as np
import pytest

from harness.parity import mutants, optimizers, schedules
from harness.parity.optimizers import OPTIMIZERS, TINY_RUN, compare

MUTANTS = {mutant.name: mutant for mutant in mutants.MUTANTS}
ALL = {"plain", "weight decay", "clipping", "learning-rate drop", TINY_RUN}


OPTIMIZER_FAULTS = {
    "Adam's epsilon on the uncorrected root": ("adam", ALL),
    "decoupled decay": ("momentum", {"weight decay"}),
    "learning rate within the momentum": ("momentum", ALL),
    "each tensor clipped by its own norm": ("sgd", {"clipping"}),
    "a norm without PyTorch's 1e-6": ("sgd", {"clipping", "clipping per tensor"}),
    "RMSprop's epsilon under the root": ("rmsprop", ALL),
    "Adagrad's epsilon under the root": ("adagrad", {"tiny gradients", "weight decay"}),
    "Adamax's norm without epsilon": ("adamax", ALL),
    "NAdam's next momentum a step late": ("nadam", ALL),
}
"""By the name of the mutant: the optimizer that shows it, and in which variants."""


def by_variant(findings):
    return {(finding.workload, finding.arm): finding for finding in findings}


def test_every_optimizer_and_variant_is_compared(workers):
    findings = by_variant(optimizers.check(workers, ["torch", "keras-torch", "numpy"], seed=1))
    assert [finding for finding in findings.values() if not finding.passed] == []
    for row in OPTIMIZERS:
        assert all((f"{row} · {variant}", "keras-torch") in findings for variant in ALL), row
    witnessed = {workload.partition(" · ")[0] for workload, arm in findings if arm == "numpy"}
    assert witnessed == {"sgd", "momentum", "nesterov", "adam", "adamw"}
    assert all(0 < finding.figure <= 1e-13 for (workload, _), finding in findings.items() if "adam" in workload)


@pytest.mark.parametrize("arm", ["keras-tensorflow", "keras-jax"])
def test_compiled_updates_are_the_same(workers, arm):
    rows = ["nesterov", "rmsprop momentum", "adamw", "nadam", "adamax"]
    findings = [*optimizers.check(workers, [arm], rows=rows), *schedules.check(workers, [arm])]
    assert [finding for finding in findings if not finding.passed] == []
    assert len(findings) == len(rows) * len(ALL) + len(schedules.COSINES) + len(schedules.PLATEAUS)


@pytest.mark.long
@pytest.mark.parametrize(("name", "shown_by", "red"), [(name, *shown) for name, shown in OPTIMIZER_FAULTS.items()])
def test_a_fault_in_an_optimizer_is_found_in_its_variants(faulty, name, shown_by, red):
    failed = [f for f in optimizers.check(faulty(MUTANTS[name]), ["keras-torch"], rows=[shown_by]) if not f.passed]
    assert {finding.workload.partition(" · ")[2] for finding in failed} == red
    assert failed[0].where.startswith(MUTANTS[name].located)


def test_a_half_that_fails_is_a_finding(workers):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizers, "WITNESSED", ("rmsprop",))
        (finding, *_) = optimizers.check(workers, ["numpy"], rows=["rmsprop"])
    assert not finding.passed
    assert "no optimizer 'rmsprop'" in finding.where


def test_a_small_slot_does_not_hide_behind_parameters():
    theirs = {"1/parameters/w": np.ones(3), "1/exp_avg_sq/w": np.full(3, 1e-15)}
    finding = compare("adam", "keras-torch", theirs | {"1/exp_avg_sq/w": np.full(3, 1.1e-15)}, theirs)
    assert finding.where == "exp_avg_sq of w after 1 steps"
    assert finding.figure == pytest.approx(0.1)


def test_stock_optimizers_differ_where_they_are_reconciled(workers):
    found = {(row, run): error for row, run, error in optimizers.differences(workers, "keras-torch")}
    assert found["sgd", "plain"] == 0
    for row, run in [
        ("momentum", "learning-rate drop"), ("adam", TINY_RUN), ("rmsprop", TINY_RUN), ("adagrad", TINY_RUN),
        ("nadam", "plain"), ("adamax", TINY_RUN), ("adam", "weight decay"), ("sgd", "clipping"),
    ]:  # fmt: skip
        assert found[row, run] > 1e-8, (row, run)
