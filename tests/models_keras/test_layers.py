"""Batch norm in training and activations are PyTorch's, on every backend, in float32 and float64."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOUNDS = {"float32": 2e-6, "float64": 1e-12}


@pytest.fixture(scope="module", params=["tensorflow", "jax", "torch"])
def checked(request):
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("layers_check.py"))],
        env=os.environ | {"KERAS_BACKEND": request.param, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("dtype", sorted(BOUNDS))
def test_running_statistics_and_outputs_are_pytorchs(checked, dtype):
    ours = {name: case for name, case in checked["errors"].items() if name.startswith("ours") and dtype in name}
    assert len(ours) == 2
    assert {name: case for name, case in ours.items() if not max(case.values()) <= BOUNDS[dtype]} == {}


def test_keras_own_keeps_a_biased_variance(checked):
    own = {name: case for name, case in checked["errors"].items() if name.startswith("keras")}
    assert min(case["statistics"] for case in own.values()) > 1e-3
    assert max(case["outputs"] for case in own.values()) < 1e-5


@pytest.mark.parametrize("dtype", sorted(BOUNDS))
def test_activations_are_pytorchs(checked, dtype):
    errors = checked["activations"][dtype]
    assert len(errors) == 7
    assert {name: error for name, error in errors.items() if not error <= BOUNDS[dtype]} == {}


def test_a_batch_of_one_value_is_refused(checked):
    assert checked["refuses"]
