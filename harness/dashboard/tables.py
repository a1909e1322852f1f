"""A table as a page needs it: what a cell shows, what it is sorted by, and why it is empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from harness.dashboard.facets import Key, rounded
from harness.report import text
from harness.report.figures import MISSING

Kind: TypeAlias = Literal["name", "arm", "text", "prose", "number", "verdict"]
Cell: TypeAlias = str | list[Any]
"""Text; or text, the number that it is sorted by, and the number of its note, as far as there are any."""


T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column: what is in it, with its unit, and how it is shown."""

    label: str
    kind: Kind = "number"


@dataclass
class Table:
    """Rows under columns.

    Attributes:
        caption: What the table is of, for those who do not see where it stands.
        notes: Why something is missing, or less than asked for; equal texts once.
    """

    caption: str
    columns: list[Column]
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    def add(self, key: Key | None, *cells: Cell, samples: int | None = None) -> None:
        """Add a row.

        Args:
            key: What it is about; null for a row that no filter concerns.
            cells: One for each column.
            samples: Number of the raw samples behind it.
        """
        row: dict[str, Any] = {"c": list(cells)}
        if key is not None:
            row["k"] = key
        if samples is not None:
            row["s"] = samples
        self.rows.append(row)

    def measured(
        self, value: float | None, note: str | None = None, *, show: Callable[[float], str] = text.number
    ) -> Cell:
        """Return a cell with a number, or with the reason why there is none."""
        return self.figure(value, show, float, note)

    def figure(
        self, found: T | None, show: Callable[[T], str], read: Callable[[T], float], note: str | None = None
    ) -> Cell:
        """Return a cell with a figure, or with the reason why there is none.

        Args:
            found: The figure; None if there is none.
            show: What of it is shown.
            read: The number that it is sorted by.
            note: Why there is none, or less than asked for.
        """
        return self.cell(None, None, note) if found is None else self.cell(show(found), read(found), note)

    def cell(self, shown: str | None, value: float | None = None, note: str | None = None) -> Cell:
        """Return a cell with what is shown, the number that it is sorted by, and a note, as far as there are any."""
        number = None if note is None else self.notes.setdefault(text.one_line(note), len(self.notes))
        return [MISSING if shown is None else shown, rounded(value), number]

    def as_dict(self) -> dict[str, Any]:
        """Return what the page is given."""
        return {
            "caption": self.caption,
            "columns": [[column.label, column.kind] for column in self.columns],
            "rows": self.rows,
            "notes": list(self.notes),
        }
