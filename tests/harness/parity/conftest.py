"""Worker processes that the gates share: one per arm for the whole package, and fresh ones for changed source."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from harness.contract import Workload
from harness.parity.engine import Prover
from harness.parity.gates import Finding
from harness.parity.mutants import Mutant
from harness.parity.planting import planted
from harness.parity.workers import Workers
from harness.registry import find_workload


@pytest.fixture(scope="package")  # the memory of a dozen frameworks is free for the tests that follow
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with Workers(tmp_path_factory.mktemp("gates"), threads=1) as shared:
        yield shared


@pytest.fixture
def faulty(workers: Workers, tmp_path: Path) -> Iterator[Callable[[Mutant], Workers]]:
    """``faulty(mutant)``: workers of which those of the mutant's package run it."""
    with contextlib.ExitStack() as stack:
        yield lambda mutant: stack.enter_context(workers.patched(planted(mutant, tmp_path), tmp_path))


@pytest.fixture(scope="package")
def check(workers: Workers) -> Callable[..., list[Finding]]:
    """``check(workload, arm, gates, seed)``: what the gates find on an arm's half of a workload, or of a named one."""

    def check(workload: str | Workload, arm: str, gates: Sequence[str], seed: int = 0) -> list[Finding]:
        spec = workload if isinstance(workload, Workload) else find_workload(workload)
        return list(Prover(workers).check_half(spec, arm, gates, workers, seed))

    return check
