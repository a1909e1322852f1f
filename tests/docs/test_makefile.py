"""The two commands, from a checkout whose path has spaces."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
PACKAGES = ("benchmarks", "harness", "models_keras", "models_numpy", "models_sklearn", "models_torch")


@pytest.fixture
def spaced(tmp_path):
    checkout = tmp_path / "a checkout, with spaces"
    checkout.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(HOME / name, checkout)
    for name in (*PACKAGES, "constraints"):
        shutil.copytree(HOME / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    return checkout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_plans_the_whole_of_bench_there(spaced):
    plan = subprocess.run(
        ["make", "--no-print-directory", "-n", "bench", "DEVICE=cpu", f"PYTHON={sys.executable}"],
        cwd=spaced,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    steps = (
        "-m venv .venv",
        "--constraint constraints/cpu.txt",
        "harness.cli parity --suite quick",
        "harness.cli run quick",
    )
    assert [step for step in steps if step not in plan] == []
    assert str(spaced) not in plan


def test_the_command_line_runs_there(spaced):
    command = [sys.executable, "-P", "-m", "harness.cli", "list", "suites"]
    environment = {**os.environ, "PYTHONPATH": str(spaced)}
    ended = subprocess.run(command, cwd=spaced, env=environment, capture_output=True, text=True, check=True)
    assert "quick" in ended.stdout
