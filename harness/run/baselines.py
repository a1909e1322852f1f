"""The classical models of a run: each cell in a fresh process, one after the other, and a record of each."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from pathlib import Path
from typing import Any

from harness import registry
from harness.contract import Outcome, Setup
from harness.measure.evidence import is_contended
from harness.run.process import Worker, WorkerFailure
from harness.run.sitting import START_TIMEOUT_S, Job, StoredDataset, now
from harness.schema import Fit, Record


@dataclasses.dataclass
class Fitting:
    """One model to be fitted to one dataset.

    Attributes:
        job: Of a cell with a ``baseline``.
        folder: Of the run.
        scratch: For what a process may write beside its answer.
    """

    job: Job
    dataset: StoredDataset
    folder: Path
    scratch: Path
    timeout_s: float

    def __post_init__(self) -> None:
        """Note when it begins."""
        self.began = time.monotonic()
        self.started = now()

    def run(self) -> Record:
        """Measure it. Whatever becomes of it is a record."""
        spec, cell = registry.classical(), self.job.cell
        if reason := registry.missing(spec):
            return self._record(Outcome.UNSUPPORTED, reason=reason)
        try:
            with Worker(spec, Setup(cell.precision, cell.threads), self._log, self.scratch) as worker:
                worker.begin()
                worker.started(min(START_TIMEOUT_S, self.timeout_s))
                told = worker.ask(
                    "baseline",
                    self.timeout_s,
                    cell=dataclasses.asdict(cell),
                    dataset=self.dataset.fields,
                    arrays=str(self.dataset.arrays),
                )
            return self._judge(told)
        except WorkerFailure as failure:
            return self._record(failure.outcome, reason=str(failure))
        except (KeyError, TypeError, ValueError) as error:  # an answer not of the protocol's form
            return self._record(Outcome.INVALID_RESULT, reason=f"unusable answer: {type(error).__name__}: {error}")

    def interrupted(self) -> Record:
        """Return the record of a fit that the user broke off."""
        return self._record(Outcome.INTERRUPTED, reason="the run was interrupted")

    def _judge(self, told: dict[str, Any]) -> Record:
        known = {"settings": told["settings"], "frameworks": told["frameworks"]}
        if told["dataset_sha256"] != self.dataset.sha256:
            return self._record(Outcome.INVALID_RESULT, reason="the worker holds other data than it was given")
        if not math.isfinite(told["metric"]):
            return self._record(Outcome.DIVERGED, reason=f"the metric became {told['metric']}", **known)
        contended = is_contended(told, os.cpu_count() or 1)
        figures = {name: told[name] for name in Fit.model_fields if name != "contended"}
        return self._record(Outcome.OK, fit=Fit(contended=contended, **figures), **known)

    def _record(self, outcome: Outcome, **known: Any) -> Record:
        return Record(
            key=self.job.key,
            cell=self.job.cell,
            attempt=self.job.attempt,
            outcome=outcome,
            started=self.started,
            seconds=time.monotonic() - self.began,
            dataset_sha256=self.dataset.sha256,
            reasons=dict.fromkeys(("parameters", "initial_sha256"), "a classical model has no such parameters"),
            log=str(self._log.relative_to(self.folder)) if self._log.exists() else None,
            **known,
        )

    @property
    def _log(self) -> Path:
        cell = self.job.cell
        name = f"{cell.workload}-{cell.baseline}-s{cell.index}-{cell.arm}-{self.job.attempt}.log"
        return self.folder / "logs" / name
