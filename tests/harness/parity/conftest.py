"""Worker processes that the gates share: one per arm for the whole session, and fresh ones for changed source."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.parity.mutants import Mutant, planted
from harness.parity.workers import Workers


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with Workers(tmp_path_factory.mktemp("gates"), threads=1) as shared:
        yield shared


@pytest.fixture
def faulty(workers: Workers, tmp_path: Path) -> Iterator[Callable[[Mutant], Workers]]:
    """``faulty(mutant)``: workers of which those of the mutant's package run it."""
    with contextlib.ExitStack() as stack:
        yield lambda mutant: stack.enter_context(workers.patched(planted(mutant, tmp_path), tmp_path))
