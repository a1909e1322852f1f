"""Decisions as people and machines read them: a table, JSON, JUnit XML, GitHub's summaries and annotations."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.gate.decision import Decision, State
from harness.report.text import one_line
from harness.store.atomic import write_atomically

STYLES: Mapping[State, str] = {State.HELD: "green", State.FAILED: "bold red", State.OPEN: "yellow"}
SHOWN = (State.FAILED, State.OPEN)
WORDS: Mapping[State, str] = {State.FAILED: "failed", State.OPEN: "open", State.HELD: "held"}

LONGEST = 500
"""Characters of a name or a reason that GitHub is given."""

_NOT_XML = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

MOST = 200
"""Claims that a table has: nobody reads ten thousand, and GitHub shows no summary of more than a megabyte."""


def sentence(decisions: Sequence[Decision]) -> str:
    """Return the result in one line."""
    counts = Counter(decision.state for decision in decisions)
    parts = [f"{counts[State.HELD]} of {len(decisions)} claims held"]
    parts += [f"{counts[state]} {WORDS[state]}" for state in SHOWN if counts[state]]
    return ", ".join(parts)


def table(decisions: Sequence[Decision]) -> Table:
    """Return decisions for the terminal: what failed first, then what is open, and how many there is no room for."""
    shown = Table("claim", "of", "found", "allowed", "", "would decide", box=None, pad_edge=False)
    ordered = _by_state(decisions)
    shown.caption, shown.caption_justify = _left_out(ordered) or None, "left"
    for decision in ordered[:MOST]:
        claim = decision.claim
        state = Text(decision.state, STYLES[decision.state])
        told = map(one_line, (claim.kind, claim.subject, claim.figure, claim.bound))
        shown.add_row(*map(Text, told), state, Text(decision.wanted))
    return shown


def document(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return the decisions for JSON."""
    return [
        {
            "claim": decision.claim.kind.name.lower(),
            "subject": decision.claim.subject,
            "figure": decision.claim.figure,
            "bound": decision.claim.bound,
            "state": decision.state.name.lower(),
            "p_against": decision.p_against,
            "p_for": decision.claim.p_for,
            "wanted": decision.wanted or None,
        }
        for decision in decisions
    ]


def write_junit(path: Path, decisions: Sequence[Decision], *, strict: bool) -> None:
    """Write JUnit XML: a test case for each claim; one that is open is skipped, or with ``strict`` failed.

    Raises:
        OSError: If the file cannot be written.
    """
    suite = ET.Element("testsuite", name="twinbench check", tests=str(len(decisions)))
    for decision in decisions:
        claim = decision.claim
        case = ET.SubElement(suite, "testcase", classname=_printable(claim.subject), name=claim.kind.value)
        message = _printable(f"{claim.figure}, allowed: {claim.bound}")
        if decision.state is State.FAILED or (strict and decision.state is State.OPEN):
            ET.SubElement(case, "failure", message=message)
        elif decision.state is State.OPEN:
            ET.SubElement(case, "skipped", message=_printable(f"{message}; would decide: {decision.wanted}"))
    ET.indent(suite)
    write_atomically(path, ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n")


def markdown(decisions: Sequence[Decision], note: str = "") -> str:
    """Return the result as GitHub shows it under a job: what failed or is open, in a table.

    Args:
        decisions: The result.
        note: What else is to be known of it.
    """
    lines = [f"### twinbench check: {sentence(decisions)}", ""]
    shown = [decision for decision in _by_state(decisions) if decision.state in SHOWN]
    if shown:
        lines += ["| | claim | of | found | allowed | would decide |", "|---|---|---|---|---|---|"]
    for decision in shown[:MOST]:
        claim = decision.claim
        cells = (decision.state, claim.kind, claim.subject, claim.figure, claim.bound, decision.wanted)
        lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
    lines += ["", _left_out(shown)] if len(shown) > MOST else []
    lines += ["", _cell(f"Note: {note}.")] if note else []
    return "\n".join(lines) + "\n"


def _left_out(ordered: Sequence[Decision]) -> str:
    """Return what a table has no room for; empty if it has for all."""
    counts = Counter(decision.state for decision in ordered[MOST:])
    told = ", ".join(f"{counts[state]} {WORDS[state]}" for state in WORDS if counts[state])
    return f"Not shown: {told}; --json and --junit have all." if told else ""


def workflow_commands(decisions: Sequence[Decision]) -> Iterator[str]:
    """Yield GitHub's workflow commands, an error for what failed and a warning for what is open."""
    for decision in _by_state(decisions):
        claim = decision.claim
        if decision.state in SHOWN:
            word = "error" if decision.state is State.FAILED else "warning"
            title = _escaped(f"{claim.subject}: {claim.kind}").replace(":", "%3A").replace(",", "%2C")
            yield f"::{word} title={title}::{_escaped(f'{claim.figure}, allowed: {claim.bound}')}"


def _by_state(decisions: Sequence[Decision]) -> list[Decision]:
    order = [State.FAILED, State.OPEN, State.HELD]
    return sorted(decisions, key=lambda decision: order.index(decision.state))


def _cell(text: str) -> str:
    """Make text safe inside a cell of a markdown table."""
    return one_line(text, LONGEST).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _escaped(text: str) -> str:
    """Escape the message of a workflow command, which is one line."""
    return one_line(text, LONGEST).replace("%", "%25")


def _printable(text: str) -> str:
    """Replace what XML 1.0 cannot hold: control characters, surrogates, and what Unicode has no character for."""
    return _NOT_XML.sub("\ufffd", text)
