"""Checks that need Keras on a backend of their own run as scripts in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
BACKENDS = ("tensorflow", "jax", "torch")


@pytest.fixture(scope="session")
def run_check() -> Iterator[Callable[..., Any]]:
    """``run_check("bridge_check.py", "jax", *arguments)``: what the script prints as JSON on that backend.

    Packages below ``first`` are found before those of this repository. Who will ask for all backends says so: the other
    two are run meanwhile, as many at a time as there are cores.
    """
    begun: dict[tuple[Any, ...], Future[Any]] = {}

    def run_check(script: str, backend: str, *arguments: str, first: Path = HERE, all_backends: bool = False) -> Any:
        for one in (backend, *BACKENDS) if all_backends else (backend,):
            asked = (script, one, arguments, first)
            if asked not in begun:
                begun[asked] = pool.submit(check, *asked)
        return begun[script, backend, arguments, first].result()

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield run_check


def check(script: str, backend: str, arguments: Sequence[str], first: Path) -> Any:
    """Run a script on a backend in a process of its own, and return what it prints."""
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
