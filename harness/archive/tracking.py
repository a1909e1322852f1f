"""Runs in MLflow: one of its runs for each cell, below one for the whole run, which has the report."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.archive.files import ExportFault
from harness.contract import Outcome
from harness.monitoring.curves import heading, scalars, title
from harness.report import text
from harness.report.readback import flatten
from harness.schema import Manifest, Record
from harness.store.folder import RunFolder, latest

if TYPE_CHECKING:
    from mlflow import MlflowClient

ADDRESS = "MLFLOW_TRACKING_URI"
RUN, KIND = "twinbench.run", "twinbench.kind"
STATUS: Mapping[Outcome, str] = {Outcome.OK: "FINISHED", Outcome.INTERRUPTED: "KILLED"}
"""Of MLflow's words; of any other outcome FAILED."""

MOST_METRICS, MOST_PARAMS = 1000, 100
"""That MLflow takes at once."""


def address(to: Path | None) -> str:
    """Return where runs go: to the server that MLflow's own variable names, unless a folder is named."""
    given = os.environ.get(ADDRESS)
    return given if given and to is None else f"sqlite:///{(to or Path('export')).absolute() / 'mlflow.db'}"


def shown(uri: str) -> str:
    """Return an address that may be printed: without its password."""
    return re.sub(r"//[^/@]*@", "//***@", uri)


def write(folders: Sequence[RunFolder], uri: str) -> tuple[int, list[str]]:
    """Write runs, and return the number of cells, and what was left out.

    Raises:
        ExportFault: If MLflow is not installed, cannot be reached, or has one of the runs already.
        RunFolderError: If one of the folders holds no run that can be read.
        UnknownName: If a run has a workload that does not exist any more.
    """
    needed = ["mlflow", *(["alembic"] if uri.startswith("sqlite:") else [])]
    if any(importlib.util.find_spec(name) is None for name in needed):
        raise ExportFault("MLflow needs the extra tracking: pip install 'twinbench[tracking]'")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read as it is imported
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    cells, left_out = 0, []
    try:
        client = MlflowClient(tracking_uri=uri)
        for folder in folders:
            records, quarantined = folder.read_records()
            left_out += [one.reason for one in quarantined]
            cells += _Run(client, folder, folder.read_manifest(), uri).write(latest(records))
    except MlflowException as error:
        raise ExportFault(f"MLflow at {shown(uri)}: {text.one_line(error, 500)}") from error
    return cells, left_out


class _Run:
    """One of our runs on its way."""

    def __init__(self, client: MlflowClient, folder: RunFolder, manifest: Manifest, uri: str):
        self.client = client
        self.folder = folder
        self.manifest = manifest
        self.experiment = self._experiment(uri)
        self._require_new()

    def _experiment(self, uri: str) -> str:
        """Return the experiment of the suite, made if it is not there; beside a database its files lie in a folder."""
        name = f"twinbench {self.manifest.suite.name}"
        if found := self.client.get_experiment_by_name(name):
            return str(found.experiment_id)
        database = Path(uri.removeprefix("sqlite:///"))
        place = database.with_name("artifacts").as_uri() if uri.startswith("sqlite:///") else None
        return str(self.client.create_experiment(name, artifact_location=place))

    def _require_new(self) -> None:
        page = None
        while True:
            found = self.client.search_runs([self.experiment], f"tags.`{KIND}` = 'run'", page_token=page)
            if any(one.data.tags.get(RUN) == self.manifest.run for one in found):
                raise ExportFault(f"MLflow has run {self.manifest.run} already, and would show it twice")
            if not (page := found.token):
                return

    def write(self, records: Sequence[Record]) -> int:
        """Write the whole run and its cells, and return their number."""
        began = _milliseconds(self.manifest.created)
        tags = {RUN: self.manifest.run, KIND: "unfinished", "mlflow.note.content": self.manifest.suite.title}
        whole = self.client.create_run(self.experiment, began, tags, self.manifest.run).info.run_id
        suite = self.manifest.suite.model_dump(mode="json", exclude={"workloads"})
        self._log(whole, params={**dict(flatten(suite)), **dict(flatten(self.manifest.environment))})
        for name in ("run.json", "report.md", "report.html"):
            if (path := self.folder.path / name).is_file():
                self.client.log_artifact(whole, str(path))
        for path in sorted(self.folder.path.glob("*.png")):
            self.client.log_artifact(whole, str(path))
        ends = [self._cell(whole, record) for record in records]
        self.client.set_terminated(whole, "FINISHED", max(ends, default=began))
        self.client.set_tag(whole, KIND, "run")  # what was broken off may be written again
        return len(ends)

    def _cell(self, whole: str, record: Record) -> int:
        """Write a cell, and return when it ended."""
        began = _milliseconds(record.started)
        ended = began + round(record.seconds * 1e3)
        tags = {RUN: self.manifest.run, KIND: "cell", "mlflow.parentRunId": whole, "outcome": str(record.outcome)}
        known = {"reason": record.reason, "key": record.key, "initial_sha256": record.initial_sha256}
        tags |= {name: text.one_line(value, 500) for name, value in known.items() if value is not None}
        name = f"{heading(record.cell)} {title(record.cell)}"
        run = self.client.create_run(self.experiment, began, tags, name).info.run_id
        params = {**dataclasses.asdict(record.cell), "parameters": record.parameters}
        self._log(run, params=params, points=list(_points(record, ended)))
        self.client.set_terminated(run, STATUS.get(record.outcome, "FAILED"), ended)
        return ended

    def _log(
        self, run: str, *, params: Mapping[str, object], points: Sequence[tuple[str, float, int, int]] = ()
    ) -> None:
        from mlflow.entities import Metric, Param

        told = [
            Param(_key(name).replace("/", "_"), text.one_line(value, 500))
            for name, value in params.items()
            if value not in (None, "")
        ]
        metrics = [Metric(_key(name), value, at, step) for name, value, at, step in points]
        for first in range(0, len(told), MOST_PARAMS):
            self.client.log_batch(run, params=told[first : first + MOST_PARAMS])
        for first in range(0, len(metrics), MOST_METRICS):
            self.client.log_batch(run, metrics=metrics[first : first + MOST_METRICS])


def _points(record: Record, at: int) -> Iterator[tuple[str, float, int, int]]:
    """Yield name, value, time and step of every scalar; when in a training an epoch ended is not on record."""
    for step, values in scalars(record):
        for name, value in values.items():
            yield name, value, at, step


def _key(name: str) -> str:
    """Return a name that MLflow takes."""
    return re.sub(r"[^\w\-. /]", "_", name, flags=re.ASCII)[:250]


def _milliseconds(when: str) -> int:
    """Return a time as MLflow has it.

    Raises:
        ExportFault: If it is none.
    """
    try:
        return round(datetime.datetime.fromisoformat(when).timestamp() * 1e3)
    except (ValueError, OverflowError, OSError) as error:
        raise ExportFault(f"{when!r} is no time, and MLflow wants one") from error
