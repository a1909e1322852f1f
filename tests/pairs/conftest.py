"""Real workers of every arm, started once for the session and shared by all tests of pairs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import registry
from harness.contract import Cell, Precision, Setup
from harness.parity.pair import without_chance
from harness.run.coordinator import store_dataset
from harness.run.process import Worker
from harness.run.sitting import StoredDataset

TIMEOUT_S = 240.0


@contextlib.contextmanager
def last_cores(count: int) -> Iterator[None]:
    """Let processes that this thread starts have the last cores: whatever else the tests start takes the first."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[-count:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class Bench:
    """Workers by arm, precision and a number that tells processes of the same kind apart."""

    def __init__(self, scratch: Path, stack: contextlib.ExitStack):
        self.scratch = scratch
        self.stack = stack
        self.workers: dict[tuple[str, Precision, int, int], Worker] = {}
        self.datasets: dict[str, StoredDataset] = {}
        self.told: dict[tuple[str, str, Precision, int, int], dict[str, Any]] = {}
        self.current: dict[Worker, str] = {}

    def worker(self, arm: str, precision: Precision, process: int = 0, threads: int = 1) -> Worker:
        """Return a running worker, started if need be. It has one core, as a rule: these networks are small."""
        known = (arm, precision, process, threads)
        if known not in self.workers:
            log = self.scratch / f"{arm}-{precision}-{process}-{threads}.log"
            worker = Worker(registry.find_arm(arm), Setup(precision, threads), log, self.scratch)
            self.workers[known] = self.stack.enter_context(worker)
            with last_cores(threads):
                worker.begin()
            worker.started(TIMEOUT_S)
        return self.workers[known]

    def renew(self, arm: str, process: int) -> None:
        """See to it that the next ``worker`` is a process that has done nothing yet."""
        if worker := self.workers.pop((arm, "fp32", process, 1), None):
            worker.kill()
        self.told = {known: told for known, told in self.told.items() if (known[0], known[3]) != (arm, process)}

    def open(
        self, arm: str, workload: str, precision: Precision = "fp32", process: int = 0, threads: int = 1
    ) -> dict[str, Any]:
        """Open a cell, take its first step, and return what the worker tells of it: once, then from memory."""
        known = (arm, workload, precision, process, threads)
        if known not in self.told:
            self.told[known] = self._open(*known)
        return self.told[known]

    def _open(self, arm: str, workload: str, precision: Precision, process: int, threads: int) -> dict[str, Any]:
        spec = registry.find_workload(workload)
        if spec.dataset not in self.datasets:
            self.datasets[spec.dataset] = store_dataset(registry.load_dataset(spec.dataset), self.scratch)
        dataset = self.datasets[spec.dataset]
        worker = self.worker(arm, precision, process, threads)
        opened = worker.open(Cell.of(spec, arm, worker.setup), dataset, TIMEOUT_S, without_chance(spec))
        self.current[worker] = workload
        return opened | worker.ask("finish", TIMEOUT_S, frameworks=sorted(registry.FRAMEWORKS))

    def train(
        self,
        arm: str,
        workload: str,
        *,
        seed: int,
        epochs: int,
        precision: Precision = "fp32",
        process: int = 0,
        threads: int = 1,
    ) -> dict[str, Any]:
        """Train a workload from the initial parameters of a seed."""
        worker = self.worker(arm, precision, process, threads)
        if self.current.get(worker) != workload:
            self._open(arm, workload, precision, process, threads)
        return worker.ask("train", TIMEOUT_S, seed=seed, epochs=epochs)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    scratch = tmp_path_factory.mktemp("bench")
    with contextlib.ExitStack() as stack:
        yield Bench(scratch, stack)
