"""The optimizer and schedule gates on real halves: green on healthy ones, red on planted faults, and in their place."""

import numpy as np
import pytest

from harness.parity import mutants, optimizers, schedules
from harness.parity.optimizers import OPTIMIZERS, PARTS_RUN, SHARED_RUN, TINY_RUN, compare, compare_single

MUTANTS = {mutant.name: mutant for mutant in mutants.MUTANTS}
ALL = {"plain", "weight decay", "clipping", "learning-rate drop", TINY_RUN, SHARED_RUN, PARTS_RUN}


OPTIMIZER_FAULTS = {
    "Adam's epsilon on the uncorrected root": ("adam", ALL),
    "decoupled decay": ("momentum", {"weight decay", SHARED_RUN}),
    "learning rate within the momentum": ("momentum", ALL),
    "each tensor clipped by its own norm": ("sgd", {"clipping"}),
    "a norm without PyTorch's 1e-6": ("sgd", {"clipping", "clipping per tensor"}),
    "RMSprop's epsilon under the root": ("rmsprop", ALL),
    "Adagrad's epsilon under the root": ("adagrad", {TINY_RUN, "weight decay", SHARED_RUN}),
    "Adamax's norm without epsilon": ("adamax", ALL),
    "NAdam's next momentum a step late": ("nadam", ALL),
    "bias correction subtracted in float32": ("adam", ALL),
    "an epsilon that float32 loses": ("adam", {TINY_RUN}),
    "a momentum that float32 forgets": ("momentum", ALL),
}
"""By the name of the mutant: the optimizer that shows it, and in which variants."""


def by_variant(findings, precision):
    return {(f.workload, f.arm): f for f in findings if f.gate == f"optimizer {precision}"}


def test_every_optimizer_and_variant_is_compared(workers):
    both = list(optimizers.check(workers, ["torch", "keras-torch", "numpy"], seed=1))
    assert [finding for finding in both if not finding.passed] == []
    findings, single = by_variant(both, "fp64"), by_variant(both, "fp32")
    for row in OPTIMIZERS:
        assert all((f"{row} · {variant}", "keras-torch") in findings for variant in ALL), row
    assert single.keys() == {(workload, arm) for workload, arm in findings if arm == "keras-torch"}
    assert all(0 < finding.figure <= optimizers.BAND for finding in single.values())
    witnessed = {workload.partition(" · ")[0] for workload, arm in findings if arm == "numpy"}
    assert witnessed == {"sgd", "momentum", "nesterov", "adam", "adamw"}
    assert all(0 < finding.figure <= 1e-13 for (workload, _), finding in findings.items() if "adam" in workload)


@pytest.mark.parametrize("arm", ["keras-tensorflow", pytest.param("keras-jax", marks=pytest.mark.long)])
def test_compiled_updates_are_the_same(workers, arm):
    rows = ["nesterov", "rmsprop momentum", "adamw", "nadam", "adamax"]
    findings = [*optimizers.check(workers, [arm], rows=rows), *schedules.check(workers, [arm])]
    assert [finding for finding in findings if not finding.passed] == []
    assert len(findings) == 2 * len(rows) * len(ALL) + len(list(schedules.cases(seed=0)))


def test_schedules_are_the_same_where_nothing_is_compiled(workers):
    findings = list(schedules.check(workers, ["keras-torch"]))
    assert [finding for finding in findings if not finding.passed] == []
    assert len(findings) == len(list(schedules.cases(seed=0)))


@pytest.mark.long
@pytest.mark.parametrize(("name", "shown_by", "red"), [(name, *shown) for name, shown in OPTIMIZER_FAULTS.items()])
def test_a_fault_in_an_optimizer_is_found_in_its_variants(faulty, name, shown_by, red):
    found = optimizers.check(faulty(MUTANTS[name]), ["keras-torch"], rows=[shown_by])
    gate = "optimizer fp32" if "float32" in name else "optimizer fp64"
    failed = [f for f in found if not f.passed and f.gate == gate]
    assert {finding.workload.partition(" · ")[2] for finding in failed} == red
    assert f"{failed[0].workload}: {failed[0].where}".startswith(MUTANTS[name].located)


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


def test_float32_is_as_far_from_float64_as_the_references_and_no_farther():
    exact = {"1/parameters/w": np.ones(4), "2/parameters/w": np.ones(4)}
    single = {name: array + 1e-6 for name, array in exact.items()}
    assert compare_single("adam", "keras-torch", single, exact, single).figure == pytest.approx(1)
    finding = compare_single("adam", "keras-torch", single | {"2/parameters/w": np.ones(4) + 1e-5}, exact, single)
    assert not finding.passed
    assert finding.figure == pytest.approx(10, rel=1e-3)
    assert finding.where == "parameters of w after 2 steps"


def test_a_reference_right_by_chance_asks_for_one_rounding_a_step_and_no_more():
    exact = {"100/mu_product/w": np.array([0.5])}
    eps = float(np.finfo(np.float32).eps)
    near = {"100/mu_product/w": np.array([0.5 * (1 + 10 * eps)])}
    far = {"100/mu_product/w": np.array([0.5 * (1 + 100 * eps)])}
    assert compare_single("nadam", "keras-jax", near, exact, exact).passed
    assert not compare_single("nadam", "keras-jax", far, exact, exact).passed
    assert not compare_single("nadam", "keras-jax", {"100/mu_product/w": np.array([np.nan])}, exact, exact).passed


def test_stock_optimizers_differ_where_they_are_reconciled(workers):
    found = {(row, run): error for row, run, error in optimizers.differences(workers, "keras-torch")}
    assert found["sgd", "plain"] == 0
    for row, run in [
        ("momentum", "learning-rate drop"), ("adam", TINY_RUN), ("rmsprop", TINY_RUN), ("adagrad", TINY_RUN),
        ("nadam", "plain"), ("adamax", TINY_RUN), ("adam", "weight decay"), ("sgd", "clipping"),
    ]:  # fmt: skip
        assert found[row, run] > 1e-8, (row, run)
