"""Exports for a terminal: a line for each arm and form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.report.figures import MISSING

if TYPE_CHECKING:
    from rich.console import Group

    from harness.schema import Exports, ExportTrial

HEADER = ("workload", "arm", "form", "outcome", "largest error", "batch", "kB", "seconds")
NAMES = 4


def table(found: Sequence[Exports]) -> Group:
    """Return exports as a table, and under it the reasons of what is not as one would like it."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False)
    for i, label in enumerate(HEADER):
        shown.add_column(Text(label), justify="left" if i < NAMES else "right", no_wrap=True)
    notes: dict[str, int] = {}
    for one in found:
        for trial in one.trials:
            number = notes.setdefault(trial.reason, len(notes) + 1) if trial.reason else None
            told = f"{trial.outcome} ({number})" if number else trial.outcome
            shown.add_row(*map(Text, (one.workload, one.arm, trial.form, told, *_figures(trial))))
    return Group(shown, *(Text(f"({number}) {note}", style="dim") for note, number in notes.items()))


def _figures(trial: ExportTrial) -> tuple[str, ...]:
    batch = {True: "free", False: "fixed", None: MISSING}[trial.free_batch]
    return (
        MISSING if trial.error is None else f"{trial.error:.1e}",
        batch,
        MISSING if trial.bytes is None else f"{trial.bytes / 1000:,.1f}",
        MISSING if trial.seconds is None else f"{trial.seconds:.1f}",
    )
