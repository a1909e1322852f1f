"""Certificates for a terminal: the tables of a report, each under a line that says what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.report import certificates

if TYPE_CHECKING:
    from rich.console import Group

    from harness.schema import Certificate


def tables(made: Sequence[Certificate]) -> Group:
    """Return the certificates as tables."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[Text | Table] = []
    for view in certificates.views(made):
        shown = Table(box=None, pad_edge=False)
        shown.add_column("arm")
        for column in view.columns:
            shown.add_column(Text(column), justify="right")
        for one in made:
            shown.add_row(certificates.name(one), *map(Text, view.cells(one)))
        parts += [Text(view.about, style="dim"), shown, Text()]
    return Group(*parts)
