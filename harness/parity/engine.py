"""Runs gates over pairs: one process per arm and precision, the same noise and the same batch for all.

Arms are checked side by side, as many at a time as there are cores; each answers for itself, the reference once.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import os
import queue
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from harness import matched, registry
from harness.contract import Dataset, Device, Precision, Workload
from harness.parity import augmentation, bands, layers, losses, optimizers, precision, randomness, schedules, stopping
from harness.parity.gates import GATES, Finding, Stage, noise
from harness.parity.pair import Half, Reference, calm, without_chance
from harness.parity.workers import Workers
from harness.registry import UnknownName
from harness.run.coordinator import store_dataset
from harness.run.process import WorkerFailure
from harness.run.sitting import StoredDataset

if TYPE_CHECKING:
    from harness.contract import Array

T = TypeVar("T")

REFERENCE = "torch"
BATCH = 7
"""Samples in the gates' batch: odd and prime, so that no other axis has its length."""

DEAR_BATCH = 5
"""The same for workloads that train with fewer than ``DEAR`` samples at a time, each of them being dear; images have 3
channels."""

DEAR = 16

AHEAD = 8
"""Tasks that an arm may be ahead of the others. Until the last has asked, what the reference answers is kept: of all
variants of techniques that is more than memory holds."""

SEEDLESS = ("structure", "data")
"""Gates that find the same at every seed."""

TECHNIQUES: Mapping[str, Callable[[Workers, Sequence[str], int], Iterator[Finding]]] = {
    "loss": losses.check,
    "layer": layers.check,
    "optimizer": optimizers.check,
    "schedule": schedules.check,
    "stopping": stopping.check,
    "precision": precision.check,
    "augmentation": augmentation.check,
    "randomness": randomness.check,
}
"""Gates of techniques by name: of all that training uses beside the architectures."""


class ParityError(ValueError):
    """Gates that cannot be run here."""


def choose_reference(arms: Sequence[str]) -> str:
    """Return the arm that all halves are compared with: PyTorch's, or without PyTorch the first one that runs here.

    Raises:
        ParityError: If none of the arms can run here.
    """
    for arm in (REFERENCE, *arms):
        if registry.missing(registry.find_arm(arm)) is None:
            return arm
    raise ParityError(f"none of {', '.join(arms)} can run here")


@dataclass(frozen=True)
class Task:
    """Gates to be run on an arm's half of a workload, or, without workload, on its techniques."""

    workload: Workload | None
    gates: tuple[str, ...]

    @property
    def name(self) -> str:
        """The workload's, or ``techniques``."""
        return self.workload.name if self.workload else "techniques"


def tasks(workloads: Sequence[Workload], gates: Sequence[str]) -> list[Task]:
    """Return what it takes to run the gates, those of techniques once and the others on every workload.

    Raises:
        ParityError: If a workload is of the stock track, where nothing is meant to be equal.
    """
    if stock := [workload.name for workload in workloads if workload.track == "stock"]:
        raise ParityError(f"{', '.join(stock)}: gates compare the matched track; stock halves are not one function")
    of_pairs = tuple(gate for gate in gates if gate in GATES)
    of_techniques = tuple(gate for gate in gates if gate in TECHNIQUES)
    found = [Task(workload, of_pairs) for workload in workloads if of_pairs]
    return [*found, Task(None, of_techniques)] if of_techniques else found


def check(
    todo: Mapping[str, Sequence[Task]],
    reference: str,
    seeds: Sequence[int] = (0,),
    *,
    banded: bool = True,
    device: Device = "cpu",
) -> Iterator[Finding]:
    """Carry out each arm's tasks at each seed, comparing it with the reference arm, and yield findings as they come.

    A gate whose worker fails has failed; the remaining gates of that half are not tried at that seed. Seeds share
    processes, models and what these have compiled. The reference computes on the CPU, whatever the halves compute on,
    and so do techniques by themselves.

    Args:
        todo: By arm.
        reference: The arm to compare with.
        seeds: Of all that is drawn.
        banded: Hold ``forward`` to the bands on file, which are of CPUs; False where they are to be measured anew.
        device: What the halves compute on.
    """
    with (
        tempfile.TemporaryDirectory(prefix="twinbench-parity-") as scratch,
        Workers(Path(scratch), 1, reference) as workers,
        workers.on(device) as of_halves,
    ):
        askers = collections.Counter(task.name for its_tasks in todo.values() for task in its_tasks)
        prover = Prover(workers, banded=banded and device == "cpu", askers=askers)
        rounds = (
            {arm: its_tasks[first : first + AHEAD] for arm, its_tasks in todo.items()}
            for first in range(0, max(map(len, todo.values()), default=0), AHEAD)
        )
        chains = (
            [
                functools.partial(prover.carry_out, arm, its, of_halves, seeds)
                for arm, its in sorted(part.items(), key=lambda one: one[0] == reference)  # least to do: fills a gap
                if its
            ]
            for part in rounds
        )
        yield from side_by_side(chains, of_halves, workers)


def subject(finding: Finding) -> str:
    """Return what a finding is about: a workload, or the gate of a technique by itself."""
    return finding.family if finding.family in TECHNIQUES else finding.workload


def side_by_side(rounds: Iterable[Sequence[Callable[[], Iterable[T]]]], *crews: Workers) -> Iterator[T]:
    """Run chains of findings in threads, as many at a time as there are cores, and yield what comes first.

    A round begins when all chains of the one before have ended. Threads last for all rounds: the kernel ends a worker
    with the thread that started it.
    """
    found: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run(chain: Callable[[], Iterable[T]]) -> None:
        error = None
        try:
            for finding in chain():
                found.put((finding, None))
        except BaseException as raised:  # raised again where findings are awaited
            error = raised
        found.put((None, error))

    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        for chains in rounds:
            for chain in chains:
                pool.submit(run, chain)
            ended = 0
            while ended < len(chains):
                finding, error = found.get()
                if error is not None:
                    raise error
                if finding is None:
                    ended += 1
                else:
                    yield finding
    finally:  # without their workers, threads under way end at once
        for workers in crews:
            workers.close()
        pool.shutdown(cancel_futures=True)


def affordable() -> list[str]:
    """Return the workloads that are checked when none is named: all but those of published size, for speed only."""
    return [name for name, workload in registry.workloads().items() if workload.metric is not None]


def batch(workload: Workload) -> int:
    """Return how many samples the gates look at."""
    return DEAR_BATCH if workload.batch_size < DEAR else BATCH


@dataclass(frozen=True)
class Subject:
    """A workload under test: the reference's half, the noise loaded into all halves, and a batch of real data."""

    workload: Workload
    dataset: Dataset
    stored: StoredDataset
    reference: Reference
    tensors: dict[str, Array]
    x: Array
    y: Array
    seed: int


class Prover:
    """Knows what the reference answers. Threads may share it.

    Args:
        workers: Where the reference is.
        banded: Whether ``forward`` is held to the bands on file.
        askers: How many arms will ask about each workload: after the last of them its answers are forgotten, which
            for many seeds are more than memory holds.
    """

    def __init__(self, workers: Workers, *, banded: bool = True, askers: Mapping[str, int] | None = None):
        self.workers = workers
        self.reference = workers.reference
        self.banded = banded
        self.askers = dict(askers or {})
        self.asked: collections.Counter[tuple[str, int]] = collections.Counter()
        self.lock = threading.Lock()
        self.turn = threading.Lock()
        self.turn_single = threading.Lock()
        self.subjects: dict[tuple[str, int], Subject] = {}
        self.others: dict[tuple[str, int, Precision, str], Reference] = {}

    def carry_out(
        self, arm: str, todo: Sequence[Task], workers: Workers, seeds: Sequence[int] = (0,)
    ) -> Iterator[Finding]:
        """Carry out an arm's tasks one after the other, its processes taken from ``workers``, each at all seeds."""
        for task in todo:
            for seed in seeds:
                gates = [gate for gate in task.gates if seed == seeds[0] or gate not in SEEDLESS]
                if task.workload is not None:
                    findings = self.check_half(task.workload, arm, gates, workers, seed)
                else:
                    able = workers if workers.device == self.workers.device else self.workers
                    findings = (f for gate in gates for f in self.check_technique(gate, arm, able, seed))
                for finding in findings:
                    yield dataclasses.replace(finding, seed=seed)
                self._forget(task.name, seed)

    def check_technique(self, gate: str, arm: str, workers: Workers, seed: int = 0) -> Iterator[Finding]:
        """Run a gate of techniques on one arm."""
        try:
            yield from TECHNIQUES[gate](workers, [arm], seed)
        except WorkerFailure as failure:
            yield Finding("techniques", arm, gate, passed=False, where=str(failure))

    def check_half(
        self, workload: Workload, arm: str, gates: Sequence[str], workers: Workers, seed: int = 0
    ) -> Iterator[Finding]:
        """Run gates on one arm's half of one workload."""
        spec, workload = registry.find_arm(arm), without_chance(workload)
        calmed = calm(workload)
        if (reason := registry.unsupported(spec, workload, "fp64", workers.device)) is not None:
            if registry.missing(spec):  # it could run when this was asked for: somebody removed its packages meanwhile
                yield Finding(workload.name, arm, "structure", passed=False, where=reason)
            return
        gate = "structure"
        try:
            workers.begin(arm, "fp64", twin=arm == self.reference)  # while the reference is asked what it holds
            subject = self.subject(calmed, seed)

            def half(precision: Precision, variant: Workload) -> Half:
                # The reference is compared with itself too, in a second process: its float32 with its float64.
                twin = precision == "fp64" and arm == self.reference
                worker = workers.get(arm, precision, twin=twin)
                return Half(worker, variant, subject.stored, workers.exchange)

            variants: list[Workload] = []

            def pair(variant: Workload, precision: Precision) -> tuple[Reference, Half]:
                if precision == "fp64":
                    variants.append(variant)
                opened = half(precision, variant)
                opened.load(subject.tensors)
                return self.other_reference(subject, precision, variant), opened

            stage = Stage(
                workload=workload,
                dataset=subject.dataset,
                arm=arm,
                reference=subject.reference,
                exact=half("fp64", calmed),
                open_single=None if spec.witness else functools.partial(half, "fp32", calmed),
                reference_single=functools.partial(self.other_reference, subject, "fp32", calmed),
                open_pair=pair,
                tensors=subject.tensors,
                x=subject.x,
                y=subject.y,
                band=bands.largest(workload.name, arm) if self.banded else None,
            )
            corresponds = all(finding.passed for finding in GATES["structure"](stage))
            for gate in gates if corresponds else ["structure"]:  # else no noise could be loaded
                if corresponds:
                    if variants:  # a worker holds one model
                        variants.clear()
                        stage = dataclasses.replace(stage, exact=half("fp64", calmed))
                    stage.exact.load(subject.tensors)
                yield from GATES[gate](stage)
        except WorkerFailure as failure:
            yield Finding(workload.name, arm, gate, passed=False, where=str(failure))

    def other_reference(self, subject: Subject, precision: Precision, variant: Workload) -> Reference:
        """Return the reference's half in another precision or variant, with the noise, made at the first call."""
        known = (variant.name, subject.seed, precision, str(variant))
        with self.lock:
            if known not in self.others:
                worker = functools.partial(self.workers.get, self.reference, precision, twin=precision == "fp32")
                turn = self.turn if precision == "fp64" else self.turn_single
                self.others[known] = Reference(worker, turn, variant, subject.stored, self.workers.exchange)
                self.others[known].load(subject.tensors)
            return self.others[known]

    def subject(self, workload: Workload, seed: int) -> Subject:
        """Return what the halves of a workload are tested with, made at the first call."""
        with self.lock:
            if (workload.name, seed) not in self.subjects:
                dataset = registry.load_dataset(workload.dataset)
                stored = store_dataset(dataset, self.workers.scratch)
                worker = functools.partial(self.workers.get, self.reference, "fp64")
                reference = Reference(worker, self.turn, workload, stored, self.workers.exchange)
                most = workload.regularizer.max_norm if workload.regularizer else 0.0
                tensors = noise(reference.specs, seed, most)
                reference.load(tensors)
                chosen = np.random.default_rng([seed, 3]).choice(len(dataset.x_train), batch(workload), replace=False)
                x = matched.as_input(dataset.x_train[chosen], workload.form)
                y = matched.as_target(dataset.y_train[chosen], workload)
                self.subjects[workload.name, seed] = Subject(workload, dataset, stored, reference, tensors, x, y, seed)
            return self.subjects[workload.name, seed]

    def _forget(self, name: str, seed: int) -> None:
        with self.lock:
            self.asked[name, seed] += 1
            if self.asked[name, seed] == self.askers.get(name):
                self.subjects.pop((name, seed), None)
                self.others = {known: other for known, other in self.others.items() if known[:2] != (name, seed)}


def gates(*, pairs_only: bool) -> list[str]:
    """Return the names of all gates, or of those that pairs pass one by one."""
    return [*GATES, *([] if pairs_only else TECHNIQUES)]


def find_gate(name: str) -> str:
    """Return the name if there is such a gate.

    Raises:
        UnknownName: If there is none.
    """
    if name not in (known := gates(pairs_only=False)):
        raise UnknownName("gate", name, known)
    return name
