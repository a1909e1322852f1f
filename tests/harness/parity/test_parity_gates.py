"""The gates on real halves: green on healthy ones, red on planted faults, and in the right place."""

import json
import os
import subprocess
import sys

import pytest

from harness.parity import mutants, planting
from harness.parity.gates import GATES

CLI = [sys.executable, "-m", "harness.cli"]


@pytest.mark.parametrize("workload", ["mlp_digits", "cnn_mnist1d"])
def test_healthy_pairs_pass(check, workload):
    findings = [found for arm in ("keras-torch", "numpy") for found in check(workload, arm, list(GATES), seed=1)]
    assert [finding for finding in findings if not finding.passed] == []
    arms = {finding.arm for finding in findings}
    assert arms == ({"keras-torch", "numpy"} if workload == "mlp_digits" else {"keras-torch"})
    assert {finding.gate.split()[0] for finding in findings} == set(GATES)


@pytest.mark.parametrize(
    "name", ["missing ReLU", "unpermuted flatten", "dropped bias", "Adam beta_2 of .99", "loss summed over the batch"]
)
def test_a_planted_fault_is_caught_and_located(name):
    (verdict,) = planting.run([mutant for mutant in mutants.MUTANTS if mutant.name == name], "keras-torch")
    assert verdict.caught is not None
    assert verdict.located, verdict


def test_mutants_fit_the_source():
    names = [mutant.name for mutant in mutants.MUTANTS]
    assert len(set(names)) == len(names)
    for mutant in mutants.MUTANTS:
        assert mutant.new in planting.patched(mutant)


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
