"""The gates on real halves: green on healthy ones, red on planted faults, and in the right place."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from large_pairs import BEYOND, LARGE, PUBLISHED

from harness import registry
from harness.parity import engine
from harness.parity.gates import GATES, Stage, noise
from harness.parity.pair import Half
from harness.run.coordinator import store_dataset

CLI = [sys.executable, "-m", "harness.cli"]


def test_every_gate_passes_on_a_healthy_pair_and_its_witness(check):
    findings = [found for arm in ("keras-torch", "numpy") for found in check("mlp_digits", arm, list(GATES), seed=1)]
    assert [finding for finding in findings if not finding.passed] == []
    assert {finding.gate.split()[0] for finding in findings if finding.arm == "keras-torch"} == set(GATES)
    assert {finding.arm for finding in findings if finding.gate == "training resumed"} == {"keras-torch"}
    # Keras on torch calls the same kernels and may be equal to the bit; what is written by hand never is.
    measured = [found for found in findings if found.arm == "numpy" and "fp" in found.gate and found.gate[0] != "t"]
    assert measured
    assert all(found.figure > 0 for found in measured)


class Called:
    """A half whose layers are called in this order."""

    def probe(self, what, **batch):
        return dict.fromkeys(("token", "blocks.0", "norm.0", "head"))


def test_gradients_are_in_the_order_in_which_layers_are_called():
    tensors = ["code", "token.weight", "position", "head.weight", "head.bias", "norm.0.weight", "loss", "inputs"]
    stage = Stage(None, None, "", Called(), None, None, None, None, {}, np.empty(0), np.empty(0))
    before, behind = (
        ["inputs", "code", "token.weight", "position"],
        ["norm.0.weight", "head.weight", "head.bias", "loss"],
    )
    assert stage.called(tensors) == before + behind
    change = ", from draw to draw"
    assert stage.called([f"{name}{change}" for name in tensors]) == [f"{name}{change}" for name in before + behind]


FEW = ("structure", "data", "forward", "backward")
"""Gates for large pairs, on the arms that compile nothing; ``make test-long`` has all gates on all arms."""


ARMS = tuple(name for name, spec in registry.arms().items() if registry.missing(spec) is None)


def prove_all(gates_of, arms=ARMS):
    """Run gates on every half of the workloads given, and return what failed."""
    todo = [task for name, gates in gates_of.items() for task in engine.tasks([registry.find_workload(name)], gates)]
    findings = list(engine.check(dict.fromkeys(arms, todo), "torch"))
    proven = {(finding.workload, finding.arm) for finding in findings}
    assert proven == {
        (name, arm)
        for name in gates_of
        for arm in arms
        if registry.unsupported(registry.find_arm(arm), registry.find_workload(name), "fp64") is None
    }
    return [finding for finding in findings if not finding.passed]


@pytest.mark.timeout(600)
def test_every_pair_passes_the_gates_of_a_run_on_every_arm():
    small = [name for name in registry.workloads() if name not in LARGE]
    assert prove_all(dict.fromkeys(small, (*FEW, "sensitivity", "train_mode"))) == []
    larger = [name for name in LARGE if name not in PUBLISHED]
    assert prove_all(dict.fromkeys(larger, FEW), arms=("torch", "keras-torch")) == []


@pytest.mark.parametrize("arm", ["keras-tensorflow", "keras-jax"])
def test_what_is_compiled_trains_alike_and_drops_as_often(check, arm):
    """By the gates that take longest, on a pair that has batch norm and dropout."""
    findings = check("mlp_norm_digits", arm, ["dropout", "step", "training", "trajectory"])
    assert [finding for finding in findings if not finding.passed] == []
    told = {finding.gate for finding in findings}
    assert {"dropout place", "step", "training fit", "training resumed", "trajectory fp32"} <= told


def test_what_samples_a_code_predicts_by_chance_too(check):
    findings = check("vae_mnist5k", "keras-torch", ["dropout"])
    assert [finding for finding in findings if not finding.passed] == []
    assert [finding.gate for finding in findings] == ["dropout place", "dropout seed"]


@pytest.mark.parametrize("arm", ["torch", "keras-torch", "numpy"])
def test_a_tensor_that_changes_goes_back_when_another_does(workers, arm):
    workload = registry.find_workload("mlp_digits")
    stored = store_dataset(registry.load_dataset(workload.dataset), workers.scratch)
    half = Half(workers.get(arm, "fp64", twin=True), workload, stored, workers.exchange)
    tensors = noise(half.specs(), 0)
    half.load(tensors)
    for name in ("fc.0.weight", "fc.1.bias", "fc.0.weight"):
        half.probe("change", **{name: tensors[name] + 1.0})
        held = half.probe("dump")
        assert all(np.array_equal(held[other], tensors[other] + (other == name)) for other in tensors)


def test_batches_may_come_from_what_the_reference_has_not(check):
    findings = check("data_loading.pydataset_2", "keras-torch", ["data", "training"])
    assert [finding for finding in findings if not finding.passed] == []
    assert {"data", "training fit"} <= {finding.gate for finding in findings}


def test_what_steps_are_made_of_is_tested_by_larger_noise(check):
    """An activation of two values: 1 % of noise on what goes into it may turn no sign."""
    (finding,) = check("custom.straight_through", "keras-torch", ["sensitivity"])
    assert finding.passed
    assert finding.note.endswith("fc.0.weight, fc.0.bias, fc.1.weight, fc.1.bias")


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_pair_passes_every_gate_on_every_arm():
    assert prove_all(dict.fromkeys(engine.affordable(), tuple(GATES))) == []


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_pair_of_published_size_passes_the_gates_of_speed(name, arm):
    if registry.unimplemented(registry.find_arm(arm), registry.find_workload(name)) is None:
        failed = prove_all({name: ("structure", "data", "sensitivity", "forward")}, arms=(arm,))
        # Exactly what the page names, on the processor that it names; another one has other kernels, and other errors.
        assert {(one.workload, one.arm, one.gate) for one in failed} == {
            one for one in BEYOND if one[:2] == (name, arm)
        }


def test_what_is_checked_unnamed_is_all_that_learns():
    assert sorted([*engine.affordable(), *PUBLISHED]) == sorted(registry.workloads())


def test_the_command_prints_findings_as_json():
    done = subprocess.run(
        [*CLI, "parity", "linear_diabetes", "--arms", "numpy", "--gate", "structure,forward", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert [finding["gate"] for finding in json.loads(done.stdout)] == [
        "structure",
        "forward fp64",
        "forward loud fp64",
    ]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["mlp_digit"], "did you mean 'mlp_digits'?"),
        (["--gate", "foward"], "did you mean 'forward'?"),
        (["--arms", "keras-jaxx"], "did you mean 'keras-jax'?"),
    ],
)
def test_unknown_names_are_refused(arguments, hint):
    done = subprocess.run([*CLI, "parity", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_check_that_compares_nothing_is_refused():
    done = subprocess.run(
        [*CLI, "parity", "--arms", "torch", "--gate", "optimizer"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no gate compares anything" in done.stderr
