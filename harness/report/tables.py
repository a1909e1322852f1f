"""Tables in Markdown that also read well as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width


def _width(cell: str) -> int:
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in cell)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Return a Markdown table whose source is aligned too, but for what is long in the last column.

    Args:
        header: Markdown of the first row.
        rows: Markdown of the others, as many cells each.
        right: Columns with figures, aligned to the right.
    """
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(3, *(_width(line[i]) for line in lines)) for i in range(len(header))]
    widths[-1] = min(widths[-1], 40)

    def pad(cell: str, i: int) -> str:
        space = " " * (widths[i] - _width(cell))
        return space + cell if i in right else cell + space

    rule = ["-" * (width - 1) + ":" if i in right else "-" * width for i, width in enumerate(widths)]
    body = [[pad(cell, i) for i, cell in enumerate(line)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in (body[0], rule, *body[1:]))
