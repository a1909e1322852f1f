"""The gates on real halves: green on healthy ones, red on planted faults, and in the right place."""

import json
import os
import subprocess
import sys

import pytest

from harness import registry
from harness.parity import engine
from harness.parity.gates import GATES

CLI = [sys.executable, "-m", "harness.cli"]


def test_every_gate_passes_on_a_healthy_pair_and_its_witness(check):
    findings = [found for arm in ("keras-torch", "numpy") for found in check("mlp_digits", arm, list(GATES), seed=1)]
    assert [finding for finding in findings if not finding.passed] == []
    assert {finding.gate.split()[0] for finding in findings if finding.arm == "keras-torch"} == set(GATES)
    assert all(finding.figure > 0 for finding in findings if "fp" in finding.gate and finding.gate[0] != "t")


@pytest.mark.timeout(600)
def test_every_pair_passes_on_every_arm():
    """What CI holds all pairs to: the gates that cost little, in both precisions; ``twinbench parity`` has the rest."""
    gates = ["structure", "data", "sensitivity", "forward", "backward", "train_mode"]
    arms = [name for name, spec in registry.arms().items() if registry.missing(spec) is None]
    todo = engine.tasks(list(registry.workloads().values()), gates)
    findings = list(engine.check(dict.fromkeys(arms, todo), "torch"))
    assert [finding for finding in findings if not finding.passed] == []
    proven = {(finding.workload, finding.arm) for finding in findings}
    assert proven == {
        (workload.name, arm)
        for workload in registry.workloads().values()
        for arm in arms
        if registry.unsupported(registry.find_arm(arm), workload, "fp64") is None
    }


def test_the_command_prints_findings_as_json():
    done = subprocess.run(
        [*CLI, "parity", "linear_diabetes", "--arms", "numpy", "--gate", "structure,forward", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert [finding["gate"] for finding in json.loads(done.stdout)] == ["structure", "forward fp64"]


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
