"""The dashboard of a run: one HTML file that needs nothing but a browser, beside the report in Markdown."""

from __future__ import annotations

from pathlib import Path

from harness.dashboard import page
from harness.report.summary import Summary


def write(run_dir: Path, summary: Summary) -> Path:
    """Write ``report.html`` into the run's folder, replacing an older one.

    Args:
        run_dir: The run's folder; it exists.
        summary: What ``harness.report.summary.summarize`` made of the run.

    Returns:
        The path of the page.

    Raises:
        OSError: If the folder cannot be written.
    """
    path = run_dir / "report.html"
    path.write_text(page.render(summary), encoding="utf-8")
    return path
