"""Decisions as people and machines read them: a table, JSON, JUnit XML, GitHub's summaries and annotations."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.gate.decision import Decision, State
from harness.store.atomic import write_atomically

STYLES: Mapping[State, str] = {State.HELD: "green", State.FAILED: "bold red", State.OPEN: "yellow"}
SHOWN = (State.FAILED, State.OPEN)


def sentence(decisions: Sequence[Decision]) -> str:
    """Return the result in one line."""
    counts = Counter(decision.state for decision in decisions)
    parts = [f"{counts[State.HELD]} of {len(decisions)} claims held"]
    words = {State.FAILED: "failed", State.OPEN: "open"}
    parts += [f"{counts[state]} {word}" for state, word in words.items() if counts[state]]
    return ", ".join(parts)


def table(decisions: Sequence[Decision]) -> Table:
    """Return all decisions for the terminal: what failed first, then what is open."""
    shown = Table("claim", "of", "found", "allowed", "", "would decide", box=None, pad_edge=False)
    for decision in _by_state(decisions):
        claim = decision.claim
        state = Text(decision.state, STYLES[decision.state])
        more = claim.wanted if decision.state is State.OPEN else ""
        shown.add_row(*map(Text, (claim.kind, claim.subject, claim.figure, claim.bound)), state, Text(more))
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
            "wanted": decision.claim.wanted if decision.state is State.OPEN else None,
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
            ET.SubElement(case, "skipped", message=_printable(f"{message}; would decide: {claim.wanted}"))
    ET.indent(suite)
    write_atomically(path, ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n")


def markdown(decisions: Sequence[Decision]) -> str:
    """Return the result as GitHub shows it under a job: what failed or is open, in a table."""
    lines = [f"### twinbench check: {sentence(decisions)}", ""]
    shown = [decision for decision in _by_state(decisions) if decision.state in SHOWN]
    if shown:
        lines += ["| | claim | of | found | allowed | would decide |", "|---|---|---|---|---|---|"]
    for decision in shown:
        claim = decision.claim
        more = claim.wanted if decision.state is State.OPEN else ""
        cells = (decision.state, claim.kind, claim.subject, claim.figure, claim.bound, more)
        lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


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
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return " ".join(safe.split())


def _escaped(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _printable(text: str) -> str:
    """Replace what XML 1.0 cannot hold."""
    return "".join(character if character >= " " or character in "\t\n" else "\ufffd" for character in text)
