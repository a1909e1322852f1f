"""Ceilings and breakdowns for a terminal: the tables of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.report import limits, scales

if TYPE_CHECKING:
    from rich.console import Group

    from harness.report.sheets import Sheet
    from harness.schema import Breakdown, Ceilings, Scaling


def ceilings(found: Ceilings) -> Group:
    """Return ceilings as a table."""
    return _shown(limits.ceilings_sheet(found))


def scaling(found: Scaling) -> Group:
    """Return how a workload scales as a table."""
    return _shown(scales.sheet(found))


def breakdowns(found: Sequence[Breakdown]) -> Group:
    """Return breakdowns as a table."""
    return _shown(limits.breakdown_sheet(found))


def _shown(sheet: Sheet) -> Group:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False)
    for i, label in enumerate(sheet.header):
        shown.add_column(Text(label), justify="left" if i < sheet.names else "right", no_wrap=i < sheet.names)
    rows, notes = sheet.marked()
    for row in rows:
        shown.add_row(*map(Text, row))
    return Group(
        Text(sheet.about, style="dim"), shown, *(Text(f"({i + 1}) {note}", style="dim") for i, note in enumerate(notes))
    )
