"""What a run measured, on file to hold later runs against: figures that mean the same on another machine.

Ratios to the reference arm and metrics do; milliseconds do not, and are not kept. Memory is of the same software on the
same architecture.
"""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from harness import stats
from harness.contract import Precision
from harness.report.comparison import Comparison
from harness.report.operations import Operations
from harness.report.row import Row
from harness.report.summary import Summary
from harness.run.sitting import now
from harness.schema import Model
from harness.store import envelope

BASELINE_VERSION = 1


class BaselineError(ValueError):
    """A baseline that cannot be used. The message says which file and why."""


class Moments(Model):
    """See ``harness.stats.Moments``."""

    mean: float
    variance: Annotated[float, Field(ge=0)]
    count: Annotated[int, Field(ge=1)]

    @classmethod
    def of(cls, estimate: stats.Mean | stats.Ratio | None) -> Moments | None:
        """Return what is stored of an estimate; None of none."""
        if estimate is None:
            return None
        known = estimate.moments
        return cls(mean=known.mean, variance=known.variance, count=known.count)

    def back(self) -> stats.Moments:
        """Inverse of ``of``."""
        return stats.Moments(self.mean, self.variance, self.count)


class Entry(Model):
    """One arm on one workload.

    Attributes:
        metric: Over seeds.
        log_ratio: Over launches, of step times to the reference's; null for the reference.
        peak_rss_mib: The largest.
    """

    workload: str
    precision: Precision
    arm: str
    reference: str | None
    metric: Moments | None
    log_ratio: Moments | None
    peak_rss_mib: float | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells entries apart."""
        return self.workload, self.precision, self.arm


class Operation(Model):
    """A single operation in one arm.

    Attributes:
        log_ratio: Over processes, of times to the reference's.
    """

    operation: str
    arm: str
    reference: str
    log_ratio: Moments


class Baseline(Model):
    """A file in ``results/baselines/``.

    Attributes:
        written: When: UTC, ISO 8601.
        who: The user's name on the machine that wrote it.
        why: In the user's words.
    """

    schema_version: Literal[1] = 1
    run: str
    suite: str
    written: str
    who: str
    why: str
    entries: list[Entry]
    operations: list[Operation] = Field(default_factory=list)

    def find(self, comparison: Comparison, row: Row) -> Entry | None:
        """Return what is on file of an arm on a workload."""
        return self._by_key.get((comparison.workload.name, comparison.precision, row.arm))

    @functools.cached_property
    def _by_key(self) -> dict[tuple[str, str, str], Entry]:
        return {entry.key: entry for entry in self.entries}


def make(summary: Summary, why: str) -> Baseline:
    """Return the baseline that a run would be: every raced arm with a figure."""
    entries = [
        Entry(
            workload=comparison.workload.name,
            precision=comparison.precision,
            arm=row.arm,
            reference=comparison.reference,
            metric=Moments.of(row.metric),
            log_ratio=Moments.of(row.ratio),
            peak_rss_mib=row.peak_rss_mib,
        )
        for comparison in summary.matched
        for row in comparison.rows
        if not row.witness and (row.metric or row.step_ms)
    ]
    manifest = summary.manifest
    return Baseline(
        run=manifest.run,
        suite=manifest.suite.name,
        written=now(),
        who=_user(),
        why=why,
        entries=entries,
        operations=list(_operations(summary.operations)) if summary.operations else [],
    )


def _operations(found: Operations) -> Iterator[Operation]:
    for row in found.rows:
        if moments := Moments.of(row.ratio):
            yield Operation(operation=row.operation, arm=row.arm, reference=found.reference, log_ratio=moments)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def write(path: Path, baseline: Baseline) -> None:
    """Put a baseline on file.

    Raises:
        OSError: If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    envelope.write(path, baseline.model_dump(mode="json"))


def read(path: Path) -> Baseline:
    """Return the baseline on file.

    Raises:
        BaselineError: If there is none, or it is damaged or of a newer schema.
    """
    if not path.is_file():
        raise BaselineError(f"no baseline {path}; write one with: twinbench baseline RUN --file {path} --why …")
    try:
        return Baseline.model_validate(envelope.read(path, newest=BASELINE_VERSION))
    except (envelope.Unreadable, ValidationError) as error:
        raise BaselineError(f"{path}: no usable baseline: {' '.join(str(error).split())}") from error
