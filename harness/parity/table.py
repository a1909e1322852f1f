"""Findings as a table for a terminal: a line for each half of a pair, a column for each gate."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.parity.gates import Finding
from harness.parity.planting import Verdict


def table(findings: Sequence[Finding]) -> RenderableType:
    """Return one line per workload and arm, the figure of each gate, and under it what failed and where."""
    gates = list(dict.fromkeys(finding.gate for finding in findings))
    lines: dict[tuple[str, str], dict[str, Finding]] = {}
    for finding in findings:
        lines.setdefault((finding.workload, finding.arm), {})[finding.gate] = finding
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column("workload", no_wrap=True)
    shown.add_column("arm", no_wrap=True)
    for gate in gates:
        bounds = {finding.bound for finding in findings if finding.gate == gate and finding.bound}
        shown.add_column(gate + "".join(f"\n≤ {bound:g}" for bound in bounds), justify="right")
    for (workload, arm), by_gate in lines.items():
        shown.add_row(workload, arm, *(_cell(by_gate.get(gate)) for gate in gates))
    failed = [finding for finding in findings if not finding.passed]
    return Group(shown, *(Text(_sentence(finding)) for finding in failed))


def _cell(finding: Finding | None) -> Text:
    if finding is None:
        return Text("–", style="dim")
    figure = "ok" if finding.figure is None else f"{finding.figure:.1e}" if finding.bound else f"{finding.figure:g}"
    return Text(figure) if finding.passed else Text(f"FAIL {figure}".removesuffix(" ok"), style="bold red")


def _sentence(finding: Finding) -> str:
    figure = "" if finding.figure is None else f" {finding.figure:.3g} exceeds {finding.bound:g}"
    return f"{finding.workload} · {finding.arm} · {finding.gate}:{figure}, first at {finding.where}"


def mutant_table(verdicts: Sequence[Verdict]) -> RenderableType:
    """Return one line per planted fault, and under it the score: caught, and located where the fault is."""
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("planted fault", "shown by", "caught by gate", "located at"):
        shown.add_column(heading)
    for verdict in verdicts:
        caught = Text(verdict.caught) if verdict.caught else Text("LIVES", style="bold red")
        where = Text(verdict.where or "–", style="" if verdict.located else "bold red")
        shown.add_row(Text(verdict.mutant.name), Text(verdict.mutant.workload), caught, where)
    count, caught_count = len(verdicts), sum(verdict.caught is not None for verdict in verdicts)
    located = sum(verdict.located for verdict in verdicts)
    return Group(shown, Text(f"{caught_count} of {count} caught, {located} located where the fault is"))
