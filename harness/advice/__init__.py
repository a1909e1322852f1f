"""Which framework for which need, from the evidence of a run: ``advice.md`` and ``advice.html``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.advice.sheet import Sheet


def write(folder: Path, sheet: Sheet) -> tuple[Path, Path]:
    """Write both files, replacing older ones.

    Args:
        folder: Of the run, or another; made if it is not there.
        sheet: What they show.

    Returns:
        The paths of Markdown and HTML.

    Raises:
        OSError: If they cannot be written.
    """
    from harness.advice import output, page
    from harness.store.atomic import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "advice.md", folder / "advice.html"
    for path, made in zip(paths, (output.markdown(sheet), page.render(sheet)), strict=True):
        write_atomically(path, made)
    return paths
