"""What a run measured, on file to hold later runs against: figures that mean the same on another machine.

Ratios to the reference arm and metrics do; milliseconds do not, and are not kept. Memory is of the same software on the
same architecture. Every figure has its setting with it: of another one it would be the answer to another question.
"""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from harness import stats
from harness.contract import Precision
from harness.report.comparison import Comparison
from harness.report.operations import Operations
from harness.report.row import Row
from harness.report.summary import Summary
from harness.run.sitting import now
from harness.schema import Model, Suite
from harness.store import envelope

BASELINE_VERSION = 2
"""Since 2 a baseline tells what it was measured with."""


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


class Setting(Model):
    """What was asked, that a figure answers.

    Attributes:
        epochs: Of a training.
        threads: Of a worker.
        dataset_sha256: Null where it was not told.
        interleaved: See ``Suite``.
    """

    epochs: int
    batch_size: int
    threads: int
    dataset_sha256: str | None
    device: str
    interleaved: bool

    @classmethod
    def of(cls, summary: Summary, comparison: Comparison, row: Row) -> Setting | None:
        """Return that of a row; None if it has no figures."""
        useful = comparison.evidence[row.arm].useful
        if not useful:
            return None
        cell = useful[0].cell
        return cls(
            epochs=comparison.epochs,
            batch_size=cell.batch_size,
            threads=cell.threads,
            dataset_sha256=next((record.dataset_sha256 for record in useful if record.dataset_sha256), None),
            device=cell.device,
            interleaved=summary.manifest.suite.interleaved,
        )


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
    setting: Setting
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
        threads: Null where the processes did not tell, or not the same.
        log_ratio: Over processes, of times to the reference's.
    """

    operation: str
    arm: str
    reference: str
    threads: int | None
    log_ratio: Moments


class Baseline(Model):
    """A file in ``results/baselines/``.

    Attributes:
        run: That it was measured in.
        suite: Whose runs it is for.
        written: When: UTC, ISO 8601.
        who: The user's name on the machine that wrote it.
        why: In the user's words.
        environment: The run's: machine and code.
        versions: Of the arms' distributions.
    """

    schema_version: Literal[2] = 2
    run: str
    suite: str
    written: str
    who: str
    why: str
    environment: dict[str, Any]
    versions: dict[str, str]
    entries: list[Entry]
    operations: list[Operation] = Field(default_factory=list)

    def find(self, comparison: Comparison, row: Row) -> Entry | None:
        """Return what is on file of an arm on a workload."""
        return self._by_key.get((comparison.workload.name, comparison.precision, row.arm))

    @functools.cached_property
    def _by_key(self) -> dict[tuple[str, str, str], Entry]:
        return {entry.key: entry for entry in self.entries}


def make(summary: Summary, why: str, suite: Suite | None = None) -> Baseline:
    """Return the baseline that a run would be: every raced arm with a figure.

    Args:
        summary: Of the run.
        why: In the user's words.
        suite: Whose runs it is for, if it is another than the run's: only what that one asks for is kept.

    Raises:
        BaselineError: If that suite asks for what the run has no figure of.
    """
    entries = [
        Entry(
            workload=comparison.workload.name,
            precision=comparison.precision,
            arm=row.arm,
            reference=comparison.reference,
            setting=setting,
            metric=Moments.of(row.metric),
            log_ratio=Moments.of(row.ratio),
            peak_rss_mib=row.peak_rss_mib,
        )
        for comparison in summary.matched
        for row in comparison.rows
        if not row.witness and (row.metric or row.step_ms) and (setting := Setting.of(summary, comparison, row))
    ]
    manifest = summary.manifest
    if suite:
        asked = _asked(suite, {status.name for status in manifest.arms if status.witness})
        if missing := sorted(asked - {entry.key for entry in entries}):
            raise BaselineError(f"run {manifest.run} lacks what {suite.name} asks for: {' · '.join(missing[0])}")
        entries = [entry for entry in entries if entry.key in asked]
    return Baseline(
        run=manifest.run,
        suite=(suite or manifest.suite).name,
        written=now(),
        who=_user(),
        why=why,
        environment=manifest.environment,
        versions={name: version for arm in manifest.arms for name, version in arm.versions.items()},
        entries=entries,
        operations=list(_operations(summary.operations)) if summary.operations else [],
    )


def _asked(suite: Suite, witnesses: Set[str]) -> set[tuple[str, str, str]]:
    """Return the keys of all entries that a run of a suite should have."""
    return {
        (choice.name, precision, arm)
        for choice in suite.workloads
        for precision in choice.precisions or suite.precisions
        for arm in suite.runners(choice)
        if arm not in witnesses
    }


def _operations(found: Operations) -> Iterator[Operation]:
    for row in found.rows:
        if moments := Moments.of(row.ratio):
            yield Operation(
                operation=row.operation,
                arm=row.arm,
                reference=found.reference,
                threads=found.threads,
                log_ratio=moments,
            )


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
        BaselineError: If there is none, or it is damaged or of another schema.
    """
    if not path.is_file():
        raise BaselineError(f"no baseline {path}; write one with: twinbench baseline update RUN --file {path} --why …")
    try:
        content = envelope.read(path, newest=BASELINE_VERSION)
        if content["schema_version"] < BASELINE_VERSION:
            raise BaselineError(
                f"{path}: no usable baseline: it is of an older schema, which does not tell what it was measured with; "
                f"write it anew: twinbench baseline update RUN --file {path} --why …"
            )
        return Baseline.model_validate(content)
    except (envelope.Unreadable, ValidationError) as error:
        raise BaselineError(f"{path}: no usable baseline: {' '.join(str(error).split())}") from error
