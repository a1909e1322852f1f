"""A whole run: plan it, resume it, measure what is missing, keep what was measured whatever happens."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import math
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from safetensors.numpy import save

from harness import registry
from harness.contract import ArmSpec, Cell, Dataset, Leg, Outcome
from harness.matrix import TRAINING, Launch, Sitting, fits, plan
from harness.measure.environment import fingerprint, source_sha256, visible_device
from harness.run.baselines import Fitting
from harness.run.crew import Crew
from harness.run.process import HUGE_PAGES
from harness.run.sitting import Job, StoredDataset, Table, now
from harness.schema import ArmStatus, Manifest, Proof, Record, Suite
from harness.store.atomic import replacing
from harness.store.folder import RunFolder, is_final, latest

if TYPE_CHECKING:
    from harness.measure.gpu import Sampler

STOPPING_S = 10.0


class Progress(Protocol):
    """Something that shows how far a run is."""

    def begin(self, cells: int, done: int) -> None:
        """Take the number of cells in all, and of those that need no measuring."""

    def step(self, sitting: str, event: str) -> None:
        """Take what is happening now."""

    def record(self, record: Record) -> None:
        """Take a finished record."""


@dataclasses.dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    interrupted: bool
    records: list[Record]


def arm_status(suite: Suite) -> list[ArmStatus]:
    """Return for every arm of a suite, and for its classical models, whether it can run here, and its versions."""
    return [
        ArmStatus(
            name=spec.name,
            supported=(reason := registry.missing(spec)) is None,
            reason=reason,
            versions=registry.versions(spec),
            witness=spec.witness,
        )
        for spec in _specs(suite)
    ]


def _specs(suite: Suite) -> list[ArmSpec]:
    return [registry.find_arm(name) for name in suite.arms] + ([registry.classical()] if suite.baselines else [])


def make_manifest(run: str, suite: Suite, command: Sequence[str], proofs: list[Proof] | None) -> Manifest:
    """Describe a run before it begins. Without ``proofs`` every table of its report is marked."""
    return Manifest(
        run=run,
        created=now(),
        command=list(command),
        suite=suite,
        arms=arm_status(suite),
        environment=fingerprint(suite.device),
        proofs=proofs,
    )


def cell_key(cell: Cell, dataset_sha256: str | None, versions: Mapping[str, str]) -> str:
    """Return a hash of all that could change the result of a cell."""
    found = registry.find_baseline(cell.baseline) if cell.baseline else registry.find_workload(cell.workload)
    known = {
        "cell": dataclasses.asdict(cell),
        "workload": dataclasses.asdict(found),
        "dataset": dataset_sha256,
        "versions": dict(versions),
        "source": source_sha256(),
        "malloc": HUGE_PAGES,
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:24]


class Coordinator:
    """Carries out a suite into a run folder. Only cells without a final record are measured."""

    def __init__(
        self,
        suite: Suite,
        folder: RunFolder,
        progress: Progress,
        sampler: Callable[[frozenset[int]], Sampler] | None = None,
    ):
        """Plan a run.

        Args:
            suite: What to measure.
            folder: Where to.
            progress: Is told how far it is.
            sampler: Makes what samples the GPU during a race, from the numbers of the processes that are meant to be
                on it; None for the device that these use, if the suite has one.
        """
        self.suite = suite
        self.sampler = sampler or _sampler(suite)
        self.folder = folder
        self.progress = progress
        self.launches = plan(suite)
        self.known, _ = folder.read_records()
        self.fits = fits(suite)
        self.versions = {spec.name: registry.versions(spec) for spec in _specs(suite)}

    def run(self, further: Sequence[Launch] = ()) -> RunResult:
        """Measure; on SIGINT or SIGTERM stop, record what was under way as interrupted, and say so.

        Args:
            further: Launches to measure beside the suite's own, after these; then no others.
        """
        self.launches += further
        with tempfile.TemporaryDirectory(prefix="twinbench-") as scratch, interruptible():
            try:
                self._run(Path(scratch), further or self.launches)
            except KeyboardInterrupt:
                return RunResult(interrupted=True, records=self.known)
        return RunResult(interrupted=False, records=self.known)

    def _run(self, scratch: Path, launches: Sequence[Launch]) -> None:
        datasets = self._store_datasets(scratch)
        todo = [
            (
                launch,
                [(sitting, self._jobs(sitting, datasets.get(sitting.workload.dataset))) for sitting in launch.sittings],
            )
            for launch in launches
        ]
        fittings = self._unfitted(datasets)
        planned = sum(len(self._cells(sitting, leg)) for sitting in self.sittings for leg in (*sitting.legs, TRAINING))
        missing = sum(len(jobs) for _, work in todo for _, by_arm in work for jobs in by_arm.values()) + len(fittings)
        cells = planned + len(self.fits)
        self.progress.begin(cells, cells - missing)
        for launch, work in todo:
            with Crew(launch, self.folder.path, scratch) as crew:
                for sitting, by_arm in work:
                    if able := dict(self._turn_away(sitting, by_arm, datasets)):
                        self._sit(sitting, able, datasets[sitting.workload.dataset], crew)
        for job in fittings:
            self._fit(job, datasets[job.cell.workload], scratch)

    @property
    def sittings(self) -> list[Sitting]:
        """Return the sittings of all launches."""
        return [sitting for launch in self.launches for sitting in launch.sittings]

    def _sit(self, sitting: Sitting, jobs: Mapping[str, Mapping[Leg, Job]], dataset: StoredDataset, crew: Crew) -> None:
        def step(event: str) -> None:
            self.progress.step(sitting.name, event)

        table = Table(sitting, self.suite, dataset, crew, step, self.sampler)
        try:
            with contextlib.closing(table.run(jobs)) as records:
                for record in records:
                    self._keep(record)
        except KeyboardInterrupt:
            for record in table.interrupted():
                if not self.folder.holds(record):  # it may have come between a record's writing and its ticking off
                    self._keep(record)
            raise

    def _unfitted(self, datasets: Mapping[str, StoredDataset]) -> list[Job]:
        """Return the classical models that have no final record."""
        done = {record.key for record in latest(self.known) if is_final(record)}
        keys = {cell: cell_key(cell, datasets[cell.workload].sha256, self.versions[cell.arm]) for cell in self.fits}
        return [Job(cell, key, self.folder.attempts(key) + 1) for cell, key in keys.items() if key not in done]

    def _fit(self, job: Job, dataset: StoredDataset, scratch: Path) -> None:
        self.progress.step(f"baselines-s{job.cell.index}", f"{job.cell.baseline} on {job.cell.workload}")
        fitting = Fitting(job, dataset, self.folder.path, scratch, self.suite.timeout_s)
        try:
            record = fitting.run()
        except KeyboardInterrupt:
            self._keep(fitting.interrupted())
            raise
        self._keep(record)

    def _cells(self, sitting: Sitting, leg: Leg) -> dict[str, Cell]:
        """Return a sitting's cells of one leg by arm; a witness checks the others and is not raced."""
        return {
            arm: cell
            for arm in sitting.arms
            if (cell := sitting.cell(arm, leg.scope, leg.batch_size))
            and not (leg != TRAINING and registry.find_arm(arm).witness)
        }

    def _jobs(self, sitting: Sitting, dataset: StoredDataset | None) -> dict[str, dict[Leg, Job]]:
        """Return what a sitting still has to measure, by arm and leg.

        A race is run whole or not at all: arms that were not measured together are not comparable.
        """
        done = {record.key for record in latest(self.known) if is_final(record)}
        jobs: dict[str, dict[Leg, Job]] = {}
        sha256 = None if dataset is None else dataset.sha256
        for leg in (*sitting.legs, TRAINING):
            planned = {}
            for arm, cell in self._cells(sitting, leg).items():
                key = cell_key(cell, sha256, self.versions[arm])
                planned[arm] = Job(cell, key, self.folder.attempts(key) + 1)
            undone = {arm for arm, job in planned.items() if job.key not in done}
            if leg != TRAINING and undone:
                undone = set(planned)
            for arm in undone:
                jobs.setdefault(arm, {})[leg] = planned[arm]
        return {arm: jobs[arm] for arm in self.suite.arms if arm in jobs}

    def _turn_away(
        self,
        sitting: Sitting,
        by_arm: Mapping[str, Mapping[Leg, Job]],
        datasets: Mapping[str, StoredDataset],
    ) -> Iterator[tuple[str, Mapping[Leg, Job]]]:
        """Record cells that an arm cannot run as unsupported, with the reason, and yield the others."""
        for arm, jobs in by_arm.items():
            spec = registry.find_arm(arm)
            reason = registry.unsupported(spec, sitting.workload, sitting.precision, sitting.device)
            if reason is None:
                yield arm, jobs
                continue
            data = datasets.get(sitting.workload.dataset)
            for job in jobs.values():
                self._keep(
                    Record(
                        key=job.key,
                        cell=job.cell,
                        attempt=job.attempt,
                        outcome=Outcome.UNSUPPORTED,
                        reason=reason,
                        started=now(),
                        seconds=0.0,
                        dataset_sha256=None if data is None else data.sha256,
                    )
                )

    def _keep(self, record: Record) -> None:
        self.folder.write_record(record)
        self.known.append(record)
        self.progress.record(record)

    def _store_datasets(self, scratch: Path) -> dict[str, StoredDataset]:
        """Store every dataset but those for want of whose extra every arm is turned away."""
        names = {sitting.workload.dataset for sitting in self.sittings}
        names = {name for name in names if registry.missing_extra(name) is None} | {cell.workload for cell in self.fits}
        return {name: store_dataset(registry.load_dataset(name), scratch) for name in sorted(names)}


def _sampler(suite: Suite) -> Callable[[frozenset[int]], Sampler] | None:
    """Return what makes a sampler of the device that a suite's workers use; None where that is the CPU."""
    if suite.device == "cpu":
        return None
    from harness.measure.gpu import Sampler  # NVML's module takes 20 ms that a run on a CPU need not spend

    return functools.partial(Sampler, visible_device(os.environ))


def store_dataset(dataset: Dataset, folder: Path) -> StoredDataset:
    """Write a dataset's arrays where workers can read them without the package that they came from.

    What is there already is left alone, and nobody ever sees half of it: threads may store what others are reading.
    """
    fields: dict[str, Any] = {field.name: getattr(dataset, field.name) for field in dataclasses.fields(dataset)}
    arrays = {name: fields.pop(name) for name in ("x_train", "y_train", "x_test", "y_test")}
    path = folder / f"{dataset.name}-{dataset.sha256[:16]}.safetensors"
    if not path.exists():
        with replacing(path) as whole:
            # Not by `save_file`, whose error on a full disk is no OSError.
            whole.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    return StoredDataset(fields, path, dataset.sha256)


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C while a run goes on; one soon after another does not cut short how that stops it."""
    taken_s = -math.inf

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal taken_s
        if time.monotonic() - taken_s > STOPPING_S:
            taken_s = time.monotonic()
            raise KeyboardInterrupt

    heeded = [sign for sign in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(sign) is not signal.SIG_IGN]
    previous = {sign: signal.signal(sign, interrupt) for sign in heeded}
    try:
        yield
    finally:
        for sign, handler in previous.items():
            signal.signal(sign, handler)
