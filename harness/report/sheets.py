"""A table with the numbers behind it, as each kind of page shows it in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report import text
from harness.report.figures import Notes
from harness.report.tables import table

if TYPE_CHECKING:
    from rich.console import Group


@dataclass(frozen=True)
class Field:
    """What a table shows in one place, the number behind it, and what has to be said of it, as far as there are any."""

    shown: str
    value: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A table, as each kind of page shows it in its own way.

    Attributes:
        name: Unique among the sheets of a page.
        about: What it shows and what it does not, as Markdown.
        header: Names of the columns; the first ones are ``names``.
        names: How many columns name a row.
        keys: Workload, or None, and arm of each row.
        rows: With as many fields each as the header has names.
    """

    name: str
    about: str
    header: tuple[str, ...]
    names: int
    keys: tuple[tuple[str | None, str], ...]
    rows: tuple[tuple[Field, ...], ...]

    def marked(self) -> tuple[list[list[str]], list[str]]:
        """Return what the fields show, with the numbers of their notes, and the notes."""
        notes = Notes()
        rows = [[notes.mark(field.shown, field.note) for field in row] for row in self.rows]
        return rows, list(notes.texts)

    def markdown(self) -> str:
        """Return what it shows, the table, and the notes under it."""
        rows, notes = self.marked()
        shown = ([*map(text.code, row[: self.names]), *map(text.escape, row[self.names :])] for row in rows)
        parts = [self.about, table(self.header, shown, right=range(self.names, len(self.header)))]
        if notes:
            parts.append("\n".join(f"{i + 1}. {text.escape(note)}" for i, note in enumerate(notes)))
        return "\n\n".join(parts)

    def console(self) -> Group:
        """Return the same for a terminal."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        shown = Table(box=None, pad_edge=False)
        for i, label in enumerate(self.header):
            shown.add_column(Text(label), justify="left" if i < self.names else "right", no_wrap=i < self.names)
        rows, notes = self.marked()
        for row in rows:
            shown.add_row(*map(Text, row))
        remarks = (Text(f"({i + 1}) {note}", style="dim") for i, note in enumerate(notes))
        return Group(Text(self.about, style="dim"), shown, *remarks)
