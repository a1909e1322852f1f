"""The sources of an architecture's halves: read as files, cut to what the class needs, lined up."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness import registry
from harness.contract import Architecture

ALIKE = 0.35
"""Share of words in common from which two lines may stand beside each other."""


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of a source file, by its number there."""

    number: int
    text: str


@dataclasses.dataclass(frozen=True)
class Source:
    """What a file holds of an architecture.

    Attributes:
        half: ``torch``, ``keras``.
        path: Of the file, from the folder that holds the packages.
        lines: The class, what it uses of the file, the imports and the docstring.
    """

    half: str
    path: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines as one string."""
        return "\n".join(line.text for line in self.lines)


def halves(architecture: Architecture) -> list[Source]:
    """Return the half of every raced framework, in the order in which their arms are declared."""
    packages = dict.fromkeys(
        spec.entry.partition(".")[0] for spec in registry.arms().values() if not spec.witness and "." in spec.entry
    )
    found = []
    for package in packages:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(folder) / "architectures" / f"{architecture.file}.py"
            if path.is_file():
                lines = tuple(excerpt(path.read_text(encoding="utf-8"), architecture.name))
                half = package.removeprefix("models_")
                found.append(Source(half, str(path.relative_to(Path(folder).parent)), lines))
    return found


def excerpt(source: str, name: str) -> Iterator[Line]:
    """Yield the lines that a class needs of its file: its own, what it uses, directly or not, and the imports."""
    statements = ast.parse(source).body
    defined = {own: statement for statement in statements for own in defines(statement)}
    wanted: set[str] = set()
    todo = [name]
    while todo:
        own = todo.pop()
        if own in defined and own not in wanted:
            wanted.add(own)
            todo += [node.id for node in ast.walk(defined[own]) if isinstance(node, ast.Name)]
    lines, end, kept = source.splitlines(), 0, True
    for statement in statements:
        names = set(defines(statement))
        if not (names or (isinstance(statement, ast.Expr) and end)):  # a string below a statement belongs to it
            kept = True
        elif names:
            kept = bool(names & wanted)
        begin, end = end, statement.end_lineno or end
        if kept:  # with the blank lines and comments above it
            yield from (Line(i + 1, lines[i]) for i in range(begin, end))


def defines(statement: ast.stmt) -> list[str]:
    """Return the names that a statement gives something to: a class, a function, constants."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def align(left: Sequence[str], right: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Return which lines stand beside each other, in order, by the greatest sum of likeness (Needleman & Wunsch, 1970).

    A line that has no counterpart stands beside None.
    """
    words = [[_words(text) for text in side] for side in (left, right)]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            pair = _likeness(words[0][i], words[1][j]) - ALIKE + best[i + 1][j + 1]
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    rows: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and best[i][j] == best[i + 1][j]:
            rows.append((i, None))
            i += 1
        elif j < len(right) and best[i][j] == best[i][j + 1]:
            rows.append((None, j))
            j += 1
        else:
            rows.append((i, j))
            i, j = i + 1, j + 1
    return rows


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def _likeness(left: Counter[str], right: Counter[str]) -> float:
    """Return the share of words in common, 0 to 1; blank lines are alike, but must not keep others apart."""
    if not left or not right:
        return ALIKE + 0.05 if left == right else 0.0
    return 2 * (left & right).total() / (left.total() + right.total())


def as_dict(source: Source) -> dict[str, Any]:
    """Return a half for JSON."""
    return {"half": source.half, "path": source.path, "lines": [[line.number, line.text] for line in source.lines]}
