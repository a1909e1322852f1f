"""``twinbench report``: what a run says."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.commands.parts import AsJson, Results, RunName, tell

if TYPE_CHECKING:
    from harness.report.summary import Summary
    from harness.schema import Manifest, Record
    from harness.store.folder import RunFolder


def report(run_name: RunName = "", results: Results = Path("results"), as_json: AsJson = False) -> None:
    """Write a run's report and dashboard anew from its records, and print the comparison."""
    from harness.store import shelf

    folder = shelf.run_folder(run_name, results)
    show(folder, folder.read_manifest(), as_json)


def summarized(folder: RunFolder, manifest: Manifest) -> tuple[Summary, list[Record]]:
    """Return the figures of a run, and the records that they come from."""
    from harness import registry
    from harness.report.summary import summarize

    records, quarantined = folder.read_records()
    damaged = [one.reason for one in quarantined]
    for reason in damaged:
        typer.echo(f"twinbench: left out: {reason}", err=True)
    known = registry.workloads() | registry.variants()
    return summarize(manifest, records, known, registry.techniques(), damaged), records


def show(folder: RunFolder, manifest: Manifest, as_json: bool) -> Summary:
    """Write the report, print the comparison, and return what both say."""
    from harness import dashboard, report
    from harness.report.console import tables

    summary, records = summarized(folder, manifest)
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
