"""The Markdown of the report's sentences as runs of text: a browser gets text and marks, never markup to read."""

from __future__ import annotations

import re
from typing import TypeAlias

Run: TypeAlias = str | tuple[str, int]
"""Text; or text with its marks, ``STRONG`` and ``CODE`` added up."""

STRONG, CODE = 1, 2

_MARK = re.compile(r"\\(.)|`([^`]*)`|(\*\*)", re.DOTALL)
_QUOTE = re.compile(r"(>\s?)?(-\s)?")


def runs(markdown: str) -> list[Run]:
    """Return a line as runs: ``**strong**``, `code` and escapes are what the report writes, and all that it writes."""
    found: list[tuple[str, int]] = []
    strong, end = 0, 0

    def add(text: str, marks: int) -> None:
        if found and found[-1][1] == marks:
            found[-1] = (found[-1][0] + text, marks)
        elif text:
            found.append((text, marks))

    for mark in _MARK.finditer(markdown):
        add(markdown[end : mark.start()], strong)
        end = mark.end()
        escaped, code, stars = mark.groups()
        if stars:
            strong ^= STRONG
        elif code is not None:
            add(code, strong | CODE)
        else:
            add(escaped, strong)
    add(markdown[end:], strong)
    return [text if not marks else (text, marks) for text, marks in found]


def paragraphs(markdown: str) -> list[list[Run]]:
    """Return every line of a remark as runs, without the marks of quotes and lists before it."""
    lines = (line[found.end() :] if (found := _QUOTE.match(line)) else line for line in markdown.splitlines())
    return [runs(line) for line in lines if line.strip()]


def plain(markdown: str) -> str:
    """Return a line as text without marks."""
    return "".join(run if isinstance(run, str) else run[0] for run in runs(markdown))
