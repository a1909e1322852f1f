"""``twinbench report``: what a run says."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.commands.parts import AsJson, Ops, Results, RunName, tell

if TYPE_CHECKING:
    from harness.report.summary import Summary
    from harness.schema import Manifest, Record
    from harness.store.folder import RunFolder


def report(
    run_name: RunName = "", ops: Ops = None, results: Results = Path("results"), as_json: AsJson = False
) -> None:
    """Write a run's report and dashboard anew from its records, and print the comparison."""
    from harness.store import shelf

    folder = shelf.run_folder(run_name, results)
    show(folder, folder.read_manifest(), as_json, ops)


def summarized(folder: RunFolder, manifest: Manifest, ops: Path | None = None) -> tuple[Summary, list[Record]]:
    """Return the figures of a run, and the records that they come from.

    Args:
        folder: Where the run is.
        manifest: What was asked for.
        ops: Single operations timed beside it; by default what lies in its folder, if anything does.
    """
    from harness import registry
    from harness.report import operations
    from harness.report.summary import summarize

    beside = ops or folder.path / operations.FILE
    timed = operations.read(beside) if ops or beside.exists() else None
    records, quarantined = folder.read_records()
    gc.freeze()  # they stay to the end: whatever else is collected, no need to look through them
    damaged = [one.reason for one in quarantined]
    for reason in damaged:
        typer.echo(f"twinbench: left out: {reason}", err=True)
    known = registry.workloads() | registry.variants()
    summary = summarize(manifest, records, known, registry.techniques(), damaged)
    return dataclasses.replace(summary, operations=timed), records


def show(folder: RunFolder, manifest: Manifest, as_json: bool, ops: Path | None = None) -> Summary:
    """Write the report, print the comparison, and return what both say."""
    from harness import dashboard, report
    from harness.report.console import tables

    summary, records = summarized(folder, manifest, ops)
    path, page = report.write(folder.path, summary), dashboard.write(folder.path, summary)
    if as_json:
        typer.echo(json.dumps(_document(manifest, records, path, page), indent=1))
        return summary
    tell(tables(summary), 100)
    typer.echo(f"report: {os.path.relpath(path)}")
    typer.echo(f"dashboard: {os.path.relpath(page)}")
    return summary


def _document(manifest: Manifest, records: Sequence[Record], report: Path, dashboard: Path) -> dict[str, Any]:
    return {
        "run": manifest.run,
        "report": str(report),
        "dashboard": str(dashboard),
        "manifest": manifest.model_dump(mode="json"),
        "records": [record.model_dump(mode="json") for record in records],
    }
