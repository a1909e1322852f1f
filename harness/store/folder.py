"""A run's folder: manifest, records, logs, report. One run at a time may write to it.

::

    results/runs/<run>/run.json            the manifest
                       records/<key>-<attempt>.json
                       logs/<launch>-<arm>-<number>.log
                       report.md  *.png  report.html    derived, can be rebuilt
                       tensorboard/                     derived too, of a run with --watch
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from harness.contract import Outcome
from harness.schema import SCHEMA_VERSION, Manifest, Record
from harness.store import envelope
from harness.store.atomic import write_atomically
from harness.store.envelope import NewerSchema, Unreadable


class RunFolderError(ValueError):
    """A run folder that cannot be used. The message says which, why, and what would do."""


class NewerRun(RunFolderError):
    """A run folder that a newer twinbench made."""


@dataclasses.dataclass(frozen=True)
class Quarantined:
    """A record that could not be read, and why. Reported, never silently dropped."""

    path: Path
    reason: str


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Where one run keeps what it knows."""

    path: Path

    @property
    def records(self) -> Path:
        """Folder of the records."""
        return self.path / "records"

    @property
    def logs(self) -> Path:
        """Folder of the workers' output."""
        return self.path / "logs"

    @property
    def begun(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / "run.json").exists()

    def create(self) -> None:
        """Make the folder and try that it can be written to.

        Raises:
            RunFolderError: If it cannot.
        """
        probe = self.path / f".writable-{os.getpid()}"
        try:
            self.records.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            write_atomically(probe, "0" * 65536)
            probe.unlink()
        except OSError as error:
            for folder in (self.records, self.logs, self.path):
                with contextlib.suppress(OSError):  # only what is empty, and so ours, goes
                    folder.rmdir()
            raise RunFolderError(f"cannot write to the results folder {self.path}: {error.strerror}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one run; the lock goes with the process, however it ends.

        Raises:
            RunFolderError: If another run holds it.
        """
        with (self.path / "run.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RunFolderError(f"another run is writing to {self.path}; wait for it, or name another") from error
            yield

    def write_manifest(self, manifest: Manifest) -> None:
        """Store the manifest."""
        envelope.write(self.path / "run.json", manifest.model_dump(mode="json"))

    def read_manifest(self) -> Manifest:
        """Return the manifest.

        Raises:
            NewerRun: If it is of a newer schema.
            RunFolderError: If there is none, or it is damaged.
        """
        path = self.path / "run.json"
        if not path.exists():
            raise RunFolderError(f"{self.path} is no run folder: it has no run.json")
        try:
            return Manifest.model_validate(envelope.read(path, newest=SCHEMA_VERSION))
        except NewerSchema as error:
            raise NewerRun(_complaint(path, error)) from error
        except (Unreadable, ValidationError) as error:
            raise RunFolderError(_complaint(path, error)) from error

    def write_record(self, record: Record) -> None:
        """Store a record under its key and attempt."""
        envelope.write(self._path(record), record.model_dump(mode="json"))

    def holds(self, record: Record) -> bool:
        """Return whether this attempt at this cell has a record already."""
        return self._path(record).exists()

    def attempts(self, key: str) -> int:
        """Return the number of the last attempt at a cell that left a file, readable or not; 0 if none did."""
        numbers = (path.stem.removeprefix(f"{key}-") for path in self.records.glob(f"{key}-*.json"))
        return max((int(number) for number in numbers if number.isdecimal()), default=0)

    def read_records(self) -> tuple[list[Record], list[Quarantined]]:
        """Return every readable record, oldest first, and every unreadable one with the reason."""
        records, quarantined = [], []
        with _uncollected():
            for path in sorted(self.records.glob("*.json"), key=lambda path: path.name):
                try:
                    records.append(Record.model_validate(envelope.read(path, newest=SCHEMA_VERSION)))
                except (Unreadable, ValidationError) as error:
                    quarantined.append(Quarantined(path, _complaint(path, error)))
        return sorted(records, key=lambda record: record.started), quarantined

    def _path(self, record: Record) -> Path:
        return self.records / f"{record.key}-{record.attempt}.json"


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking through records again and again: they have no cycles, and are kept."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _complaint(path: Path, error: Unreadable | ValidationError) -> str:
    """Return on one line which file cannot be used, and why."""
    if isinstance(error, Unreadable):
        return str(error)
    problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return f"{path}: {'; '.join(problems)}"


def latest(records: list[Record]) -> list[Record]:
    """Return the last attempt under each key."""
    last: dict[str, Record] = {}
    for record in records:
        if record.key not in last or record.attempt >= last[record.key].attempt:
            last[record.key] = record
    return list(last.values())


def is_final(record: Record) -> bool:
    """Return whether a resumed run need not try this cell again."""
    return record.outcome is not Outcome.INTERRUPTED
