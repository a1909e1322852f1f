"""The report of a run: Markdown with pictures beside it."""

from __future__ import annotations

from pathlib import Path

from harness.report.summary import Summary


def write(run_dir: Path, summary: Summary) -> Path:
    """Write ``report.md`` and its pictures into the run's folder, replacing an older report.

    Args:
        run_dir: The run's folder; it exists.
        summary: What ``harness.report.summary.summarize`` made of the run.

    Returns:
        The path of the report.

    Raises:
        OSError: If the folder cannot be written.
    """
    from harness.report import markdown, plots  # which import matplotlib: who only reads a summary does without

    report = run_dir / "report.md"
    report.write_text(markdown.render(summary, plots.draw(summary, run_dir)), encoding="utf-8")
    return report
