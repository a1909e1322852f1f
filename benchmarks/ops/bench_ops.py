"""Every operation in one arm. ``python -m benchmarks.ops`` runs this file for each arm, in processes of its own."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.ops.cases import CASES
from harness import registry
from harness.contract import Setup
from harness.run.isolation import keep_out

ARM, THREADS = os.environ["TWINBENCH_OPS_ARM"], int(os.environ["TWINBENCH_OPS_THREADS"])
FOLDER = Path(os.environ["TWINBENCH_OPS_FOLDER"])


@pytest.fixture(scope="session")
def operations() -> Any:
    """The arm's operations, its framework configured as in a race."""
    spec = registry.find_arm(ARM)
    keep_out(sorted(registry.FRAMEWORKS - set(spec.needs)))
    registry.make_arm(spec.entry, Setup("fp32", THREADS))
    return importlib.import_module(f"{spec.entry.partition('.')[0]}.exercises.operations")


@pytest.mark.parametrize("operation", CASES)
def test_operation(benchmark: Any, operations: Any, operation: str) -> None:
    """Time an operation; its first result goes to a file, to be compared with the other arms'."""
    run = getattr(operations, operation)(CASES[operation].arrays())
    first = operations.value(operation, operations.wait(run()))
    np.save(FOLDER / f"{operation}-{ARM}.npy", first)
    benchmark.group = operation
    benchmark.extra_info |= {"arm": ARM, "threads": THREADS}
    benchmark(lambda: operations.wait(run()))
