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
    """``run_check("bridge_check.py", "jax")`` returns what the script prints as JSON on that backend."""

    def run_check(script: str, backend: str, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, str(HERE / script), *arguments],
            env=os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(HERE.parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return run_check
