"""The report of a run: Markdown with pictures beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.contract import Workload
from harness.report import markdown, plots
from harness.report.summary import summarize
from harness.schema import Manifest, Record


def build(run_dir: Path, *, manifest: Manifest, records: Sequence[Record], workloads: Mapping[str, Workload]) -> Path:
    """Write ``report.md`` and its pictures into the run's folder, replacing an older report.

    Args:
        run_dir: The run's folder; it exists.
        manifest: What was asked.
        records: All attempts, in any order.
        workloads: By name, at least those of the run.

    Returns:
        The path of the report.

    Raises:
        OSError: If the folder cannot be written.
        ValueError: If ``workloads`` lacks a workload of the run.
    """
    summary = summarize(manifest, records, workloads)
    report = run_dir / "report.md"
    report.write_text(markdown.render(summary, plots.draw(summary, run_dir)), encoding="utf-8")
    return report
