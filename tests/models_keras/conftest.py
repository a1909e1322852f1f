"""Checks that need Keras on a backend of their own run as scripts in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def run_check() -> Callable[..., Any]:
    """``run_check("bridge_check.py", "jax", *arguments)``: what the script prints as JSON on that backend.

    Packages below ``first`` are found before those of this repository.
    """

    def run_check(script: str, backend: str, *arguments: str, first: Path = HERE) -> Any:
        path = os.pathsep.join(map(str, (first, HERE.parents[1])))
        done = subprocess.run(
            [sys.executable, str(HERE / script), *arguments],
            env=os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return run_check
