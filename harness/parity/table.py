"""Findings as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.parity.engine import TECHNIQUES
from harness.parity.gates import Finding
from harness.parity.planting import Verdict


def table(findings: Sequence[Finding]) -> RenderableType:
    """Return pairs and techniques, a column for each arm; under them what to know of them, what failed, and where."""
    techniques = [finding for finding in findings if finding.family in TECHNIQUES]
    pairs = [finding for finding in findings if finding.family not in TECHNIQUES]
    failed = [finding for finding in findings if not finding.passed]
    return Group(
        *([_compared(pairs, "workload")] if pairs else []),
        *([_compared(techniques, "technique")] if techniques else []),
        *(Text(note, style="dim") for note in _notes(findings)),
        *(Text(_sentence(finding)) for finding in failed),
    )


def _compared(findings: Sequence[Finding], subject: str) -> Table:
    """One line for each gate of a pair, or of a technique, and one column for each arm: it fits a narrow terminal."""
    arms = list(dict.fromkeys(finding.arm for finding in findings))
    lines: dict[str, dict[str, dict[str, Finding]]] = {}
    for finding in findings:
        lines.setdefault(finding.workload, {}).setdefault(finding.gate, {})[finding.arm] = finding
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in (subject, "gate", "bound"):
        shown.add_column(heading, no_wrap=True)
    for arm in arms:
        shown.add_column(arm, justify="right")
    for what, by_gate in lines.items():
        for number, (gate, by_arm) in enumerate(by_gate.items()):
            bounds = {finding.bound for finding in by_arm.values()}
            own = len(bounds) > 1  # as that of forward, measured for each arm
            bound = "each its own" if own else "" if bounds == {None} else f"≤ {bounds.pop():.2g}"
            cells = (_cell(by_arm.get(arm), bounded=own) for arm in arms)
            shown.add_row("" if number else what, gate, bound, *cells)
        shown.add_section()
    return shown


def _cell(finding: Finding | None, *, bounded: bool = False) -> Text:
    if finding is None:
        return Text("–", style="dim")
    figure = "ok" if finding.figure is None else f"{finding.figure:.1e}" if finding.bound else f"{finding.figure:g}"
    if bounded and finding.bound is not None:
        figure += f" ≤ {finding.bound:.1e}"
    return Text(figure) if finding.passed else Text(f"FAIL {figure}".removesuffix(" ok"), style="bold red")


def _notes(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what is to be known beside the figures, and of which pairs: what was left out and why, what is no test."""
    noted: dict[tuple[str, str], dict[str, list[str]]] = {}
    for finding in findings:
        if finding.note:
            noted.setdefault((finding.gate, finding.note), {}).setdefault(finding.workload, []).append(finding.arm)
    for (gate, note), arms in noted.items():
        yield f"{gate}: {note}: " + ", ".join(f"{workload} ({', '.join(its)})" for workload, its in arms.items())


def _sentence(finding: Finding) -> str:
    figure = "" if finding.figure is None else f" {finding.figure:.3g} exceeds {finding.bound:g}"
    seed = f", seed {finding.seed}" if finding.seed else ""
    return f"{finding.workload} · {finding.arm} · {finding.gate}{seed}:{figure}, first at {finding.where}"


def mutant_table(verdicts: Sequence[Verdict]) -> RenderableType:
    """Return one line per planted fault, and under it the score: caught, and located where the fault is.

    That of faults written by somebody who had not read the gates is told apart.
    """
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("planted fault", "shown by", "caught by gate", "located at"):
        shown.add_column(heading)
    for verdict in verdicts:
        caught = Text(verdict.caught) if verdict.caught else Text("LIVES", style="bold red")
        where = Text(verdict.where or "–", style="" if verdict.located else "bold red")
        shown.add_row(Text(verdict.mutant.name), Text(verdict.mutant.workload), caught, where)
    scores = [_score("", [verdict for verdict in verdicts if not verdict.blind])]
    scores.append(_score(" by who had not read the gates", [verdict for verdict in verdicts if verdict.blind]))
    return Group(shown, *(Text(score) for score in scores if score))


def _score(written: str, verdicts: Sequence[Verdict]) -> str:
    caught, located = (sum(map(bool, of)) for of in ([v.caught for v in verdicts], [v.located for v in verdicts]))
    return f"{caught} of {len(verdicts)}{written} caught, {located} located where the fault is" if verdicts else ""
