"""A comparison of two runs as people and machines read it: tables, markdown, JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness.compare.changes import Changes, Figure, Shared, Verdict
from harness.compare.origin import Change
from harness.report.text import escape, one_line

STYLES = {Verdict.FASTER: "green", Verdict.SLOWER: "bold red", Verdict.DIFFERENT: "bold red"}
HEADER = (
    "workload",
    "arm",
    "ratio to reference",
    "change [95 %]",
    "",
    "metric",
    "change [95 %]",
    "",
    "step, ms",
    "memory, MiB",
)


def lines(changes: Changes) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a row for each arm on each workload, in the order of ``HEADER``."""
    for one in changes.shared:
        yield (
            one.name,
            one.arm,
            *_cells(one.ratio, _absence(one, "ratio"), ".3f", ""),
            *_cells(one.metric, _absence(one, "metric"), ".4f", "+"),
            _pair(one.step_ms, ".3g"),
            _pair(one.peak_rss_mib, ".0f"),
        )


def _absence(one: Shared, figure: str) -> str:
    if figure == "ratio" and one.arm == one.reference:
        return "reference"
    return one.apart.get(figure, "–")


def _cells(figure: Figure | None, absence: str, form: str, sign: str) -> tuple[str, str, str]:
    if figure is None:
        return absence, "", ""
    change = f"{figure.change:{sign}{form}}"
    if figure.interval:
        change += f" [{figure.interval.low:{sign}{form}}, {figure.interval.high:{sign}{form}}]"
    return f"{figure.before:{form}} → {figure.after:{form}}", change, figure.verdict


def _pair(both: tuple[float, float] | None, form: str) -> str:
    return "–" if both is None else f"{both[0]:{form}} → {both[1]:{form}}"


def notes(changes: Changes, *, across_machines: bool) -> list[str]:
    """Return what a reader has to know beside the table."""
    found = [f"Unverified: the {which} run was not asked to prove its pairs." for which in changes.unproven]
    found += ["Changes of ratios are after over before, of metrics after minus before."]
    if across_machines:
        found.append("Two machines: only what was measured relative to each run's reference is compared.")
    elif any(one.step_ms for one in changes.shared):
        found.append("Milliseconds of two runs are of two days of a machine: they stand here to be seen, not judged.")
    if any(figure and figure.verdict is Verdict.LOOK for one in changes.shared for figure in (one.ratio, one.metric)):
        found.append("look: fewer than eight launches or five seeds on a side, no verdict.")
    found += [f"Only in the first run: {', '.join(changes.only_before)}."] if changes.only_before else []
    found += [f"Only in the second run: {', '.join(changes.only_after)}."] if changes.only_after else []
    return found


def console(changed: Sequence[Change], changes: Changes, *, across_machines: bool) -> Group:
    """Return all of it for the terminal."""
    origin = Table("what changed", "before", "after", box=None, pad_edge=False)
    for change in changed:
        origin.add_row(*map(_text, (change.what, change.before, change.after)))
    table = Table(*HEADER, box=None, pad_edge=False)
    for cells in lines(changes):
        table.add_row(*map(_text, cells))
    told = [_text(note) for note in notes(changes, across_machines=across_machines)]
    nothing = Text("nothing that a run records has changed: two runs of one thing")
    return Group(origin if changed else nothing, Text(), table, Text(), *told)


def _text(cell: str) -> Text:
    """Return a cell as a terminal can show it, whatever a record calls itself, in the colour of its verdict."""
    return Text(one_line(cell, 1000), STYLES.get(Verdict(cell), "") if cell in set(Verdict) else "")


def markdown(title: str, changed: Sequence[Change], changes: Changes, *, across_machines: bool) -> str:
    """Return all of it as GitHub shows it."""
    out = [f"# {escape(title)}", ""]
    out += _table(("what changed", "before", "after"), [dataclasses.astuple(change) for change in changed])
    out += _table(HEADER, list(lines(changes)))
    return "\n".join([*out, *(f"{escape(note)}\n" for note in notes(changes, across_machines=across_machines))])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    body = ["| " + " | ".join(map(escape, row)) + " |" for row in rows]
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *body, ""]


def document(changed: Sequence[Change], changes: Changes, *, across_machines: bool) -> dict[str, Any]:
    """Return all of it for JSON."""
    return {
        "across_machines": across_machines,
        "changed": [dataclasses.asdict(change) for change in changed],
        **dataclasses.asdict(changes),
    }
