"""The halves of a pair, each in its own process, as the gates see them."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.contract import Cell, Precision, Setup, TensorSpec, Workload
from harness.run.process import Worker
from harness.run.sitting import StoredDataset

if TYPE_CHECKING:
    from harness.contract import Array

TIMEOUT_S = 300.0


class Exchange:
    """Passes arrays to a worker and back through files in a folder, each under a name of its own."""

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self.numbers = itertools.count()

    def ask(self, worker: Worker, do: str, arrays: Mapping[str, Array], **request: Any) -> tuple[dict[str, Array], Any]:
        """Make a request that takes arrays and answers with arrays; return them and what else the worker told."""
        number = next(self.numbers)
        given, answer = (self.scratch / f"{number}-{way}.npz" for way in ("in", "out"))
        np.savez(given, **dict[str, Any](arrays))
        try:
            told = worker.ask(do, TIMEOUT_S, given=str(given), answer=str(answer), **request)
            with np.load(answer, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}, told
        finally:
            given.unlink(missing_ok=True)
            answer.unlink(missing_ok=True)


def without_dropout(workload: Workload) -> Workload:
    """Return the workload with dropout off: no two frameworks draw the same masks, so no gate could compare them."""
    architecture = workload.architecture
    if not architecture.arguments.get("dropout"):
        return workload
    arguments = {**architecture.arguments, "dropout": 0.0}
    return dataclasses.replace(workload, architecture=dataclasses.replace(architecture, arguments=arguments))


class Half:
    """One arm's form of a workload's model, in one precision; the architecture's arguments are those given here."""

    def __init__(self, worker: Worker, arm: str, workload: Workload, dataset: StoredDataset, exchange: Exchange):
        self.worker = worker
        self.exchange = exchange
        self.precision = worker.setup.precision
        cell = Cell("step", workload.name, arm, self.precision, worker.setup.threads, workload.batch_size, 1, 0)
        self.opened = worker.ask(
            "open",
            TIMEOUT_S,
            cell=dataclasses.asdict(cell),
            dataset=dataset.fields,
            arrays=str(dataset.arrays),
            arguments=dict(workload.architecture.arguments),
        )

    def probe(self, what: str, **arrays: Array) -> dict[str, Array]:
        """Do one thing (``harness.run.worker.Server.probe``) and return the arrays of the answer, in order."""
        return self.exchange.ask(self.worker, "probe", arrays, what=what)[0]

    def load(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite every tensor."""
        self.exchange.ask(self.worker, "probe", tensors, what="load")

    def specs(self) -> dict[str, TensorSpec]:
        """Return what the half says of its tensors."""
        told = self.exchange.ask(self.worker, "probe", {}, what="dump")[1]["specs"]
        return {name: TensorSpec(tuple(shape), layer, trainable) for name, (shape, layer, trainable) in told.items()}


class Workers:
    """One process per arm and precision, shared by all pairs; leaving the stack ends them."""

    def __init__(self, stack: contextlib.ExitStack, scratch: Path, threads: int):
        self.stack = stack
        self.scratch = scratch
        self.threads = threads
        self.exchange = Exchange(scratch)
        self.running: dict[tuple[str, Precision, bool], Worker] = {}

    def get(self, arm: str, precision: Precision, *, twin: bool = False) -> Worker:
        """Return the arm's worker, or a second one of its kind, started at the first call."""
        known = (arm, precision, twin)
        if known not in self.running:
            setup = Setup(precision, self.threads)
            log = self.scratch / f"{arm}-{precision}-{int(twin)}.log"
            worker = self.stack.enter_context(Worker(registry.find_arm(arm), setup, log, self.scratch))
            worker.begin()
            worker.started(TIMEOUT_S)
            self.running[known] = worker
        return self.running[known]

    def exercise(
        self, arm: str, precision: Precision, family: str, function: str, arrays: Mapping[str, Array], **arguments: Any
    ) -> dict[str, Array]:
        """Call a function of an arm's ``exercises/<family>.py`` (see ``ArmSpec``) and return its arrays, in order."""
        package = registry.find_arm(arm).entry.partition(".")[0]
        return self.exchange.ask(
            self.get(arm, precision),
            "exercise",
            arrays,
            module=f"{package}.exercises.{family}",
            function=function,
            arguments=arguments,
        )[0]
