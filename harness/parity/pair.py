"""The halves of a pair as the gates see them: a session in a worker process that answers with arrays."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness import matched
from harness.contract import STOCHASTIC, Cell, TensorSpec, Workload
from harness.parity.workers import TIMEOUT_S, Exchange
from harness.run.process import Worker
from harness.run.sitting import StoredDataset

if TYPE_CHECKING:
    from harness.contract import Array


RATE = 0.5


def has_chance(workload: Workload) -> bool:
    """Return whether something in a workload's model may be random."""
    return bool(set(STOCHASTIC) & workload.architecture.arguments.keys())


def with_chance(workload: Workload) -> Workload:
    """Return a workload that has dropout with a rate of .5, or whose noise is whole, and any other as it is."""
    return _with_arguments(workload, {"dropout": RATE, "noise": 1.0})


def without_chance(workload: Workload) -> Workload:
    """Return the workload with nothing random in its model: no two frameworks draw alike, few gates could compare."""
    return _with_arguments(workload, dict.fromkeys(STOCHASTIC, 0.0))


CALMED = 0.01


def calm(workload: Workload) -> Workload:
    """Return the workload at a hundredth of its learning rate.

    A recipe may begin with steps that are too long for a minimum and still find one. They multiply every difference:
    MobileNetV2's ten first ones make of the rounding of float64 differences as large as the parameters.
    """
    optimizer = dataclasses.replace(workload.optimizer, learning_rate=CALMED * workload.optimizer.learning_rate)
    return dataclasses.replace(workload, optimizer=optimizer)


def _with_arguments(workload: Workload, changes: Mapping[str, float]) -> Workload:
    architecture = workload.architecture
    known = {name: value for name, value in changes.items() if name in architecture.arguments}
    if not known:
        return workload
    arguments = {**architecture.arguments, **known}
    return dataclasses.replace(workload, architecture=dataclasses.replace(architecture, arguments=arguments))


class Half:
    """One arm's form of a workload's model, in one precision; the workload is as given here.

    A worker that has it open keeps it, and whatever was loaded into it.
    """

    def __init__(self, worker: Worker, workload: Workload, dataset: StoredDataset, exchange: Exchange):
        self.worker = worker
        self.exchange = exchange
        model = f"{dataclasses.asdict(workload)} {dataset.arrays}"
        if exchange.open.get(worker) == model:  # and what it has compiled
            return
        exchange.open.pop(worker, None)
        worker.open(Cell.of(workload, worker.spec.name, worker.setup), dataset, TIMEOUT_S, workload, first_step=False)
        exchange.open[worker] = model

    def probe(self, what: str, **arrays: Array) -> dict[str, Array]:
        """Do one thing (``harness.run.worker.Server.probe``) and return the arrays of the answer, in order."""
        return self.exchange.ask(self.worker, "probe", arrays, what=what)[0]

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Overwrite every tensor, and start all else afresh."""
        self.exchange.ask(self.worker, "probe", tensors, what="load", seed=seed)

    def train(self, batches: Mapping[str, Array]) -> dict[str, Array]:
        """Take a step over each of the batches ``x`` and ``y``, stacked, and return all tensors."""
        self.probe("stage", **batches)
        return self.probe("run", count=np.array(len(batches["x"])))

    def hashes(self) -> dict[str, str]:
        """Return what the half's process says of its data; see ``harness.matched.hash_data``."""
        return dict(self.worker.ask("data", TIMEOUT_S))

    def specs(self) -> dict[str, TensorSpec]:
        """Return what the half says of its tensors."""
        told = self.exchange.ask(self.worker, "probe", {}, what="dump")[1]["specs"]
        return {name: TensorSpec(tuple(shape), *told_of) for name, (shape, *told_of) in told.items()}


class Reference:
    """The half that all others are compared with. Every question is put to it once, whichever thread asks first.

    Args:
        worker: Returns its worker; one that has ended is followed by another.
        lock: Of its worker, which can hold one model at a time, and may be given to another reference in between.
    """

    def __init__(
        self,
        worker: Callable[[], Worker],
        lock: threading.Lock,
        workload: Workload,
        dataset: StoredDataset,
        exchange: Exchange,
    ):
        self.worker = worker
        # From memory: not every arm has what another takes its batches from.
        self.known = (dataclasses.replace(workload, loading=None), dataset, exchange)
        self.lock = lock
        self.tensors: Mapping[str, Array] = {}
        self.answers: dict[str, dict[str, Array]] = {}
        with lock:
            self.specs = Half(worker(), *self.known).specs()

    def load(self, tensors: Mapping[str, Array]) -> None:
        """Choose the tensors that every question is about."""
        self.tensors = tensors

    def probe(self, what: str, **arrays: Array) -> dict[str, Array]:
        """Return what ``Half.probe`` does right after loading the tensors."""
        return self.answer(f"{what} {matched.hash_tensors(arrays)}", lambda half: half.probe(what, **arrays))

    def answer(self, question: str, put: Callable[[Half], dict[str, Array]]) -> dict[str, Array]:
        """Return what ``put`` gets out of the half right after loading the tensors; asked once under each name."""
        with self.lock:
            if question not in self.answers:
                half = Half(self.worker(), *self.known)
                half.load(self.tensors)
                self.answers[question] = put(half)
            return self.answers[question]
