"""The report of a run: Markdown with pictures beside it."""

from __future__ import annotations

from dataclasses import replace
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
    # Both draw with matplotlib, which who only reads a summary does without.
    from harness.report import markdown, plots, plots_beside, plots_gpu

    report = run_dir / "report.md"
    pictures = replace(
        plots.draw(summary, run_dir),
        beside=plots_beside.draw(summary, run_dir),
        gpu=plots_gpu.draw(summary, run_dir),
    )
    report.write_text(markdown.render(summary, pictures), encoding="utf-8")
    return report
