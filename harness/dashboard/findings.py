"""The tables that only some runs have: mixed precision, techniques, tracks beside each other, single operations."""

from __future__ import annotations

from harness.dashboard.facets import Facets, named
from harness.dashboard.inline import plain
from harness.dashboard.tables import Cell, Column, Kind, Table
from harness.report import chapters, figures
from harness.report import operations as timed
from harness.report.families import Family, Judgement
from harness.report.figures import Scale
from harness.report.row import Row
from harness.report.speedups import Speedup, speedups
from harness.report.summary import Summary
from harness.report.text import number, one_line


def precision(summary: Summary, facets: Facets) -> Table:
    """Return what bfloat16 makes of every arm that was timed in both precisions."""
    table = Table(
        "Mixed precision by workload and arm: bf16 beside fp32",
        [
            Column("workload", "name"),
            Column("arm", "arm"),
            Column("fp32 step (ms)"),
            Column("bf16 step (ms)"),
            Column("speed-up, fp32 ÷ bf16 [95 %]"),
            Column("metric, bf16 − fp32 [95 %]"),
        ],
    )
    for found in speedups(summary.comparisons):
        note = "UNSTABLE: other programs disturbed it" if found.unstable else None
        table.add(
            facets.key(found.comparison, found.bf16.arm, beside="precision"),
            named(found.comparison.name.replace(" · bf16", "")),
            named(found.bf16.arm),
            table.measured(found.fp32.step_ms),
            table.measured(found.bf16.step_ms),
            table.cell(_factor(found), found.factor, note),
            table.cell(*_apart(found)),
        )
    return table


def _factor(found: Speedup) -> str:
    shown = number(found.factor)
    if found.interval is None:
        return shown
    return f"{shown} [{number(found.interval.low)}, {number(found.interval.high)}]"


def _apart(found: Speedup) -> tuple[str | None, float | None, str | None]:
    """Return what a table shows of the difference of the metric."""
    scale, difference = Scale.of(found.comparison.workload), found.difference
    if difference is None:
        return None, None, "not trained at both precisions"
    shown = f"{figures.difference(difference, scale)} {scale.difference_unit}".rstrip()
    return shown, difference.estimate * scale.factor, None if difference.interval else "one seed: no interval"


def expectations(summary: Summary, facets: Facets) -> Table:
    """Return what was expected of variants of techniques, and what every arm says of it."""
    table = Table(
        "What was expected of techniques, arm by arm",
        [
            Column("technique", "name"),
            Column("arm", "arm"),
            Column("expected", "prose"),
            Column("verdict", "verdict"),
            Column("measured [one-sided bounds at .05]"),
            Column("because", "prose"),
        ],
    )
    for family in summary.families:
        for judgement in family.judgements:
            _judge(table, family, judgement, facets)
    return table


def _judge(table: Table, family: Family, judgement: Judgement, facets: Facets) -> None:
    expectation, claim = judgement.expectation, judgement.claim
    comparison = family.comparisons[expectation.variant]
    scale = Scale.of(comparison.workload)
    table.add(
        facets.key(comparison, judgement.arm),
        named(family.name),
        named(judgement.arm),
        plain(chapters.statement(expectation, scale)),
        str(judgement.verdict),
        table.cell(chapters.bounds(judgement, scale), None if claim is None else claim.estimate, judgement.note),
        one_line(expectation.because, limit=500),
    )


def operations(summary: Summary, facets: Facets) -> Table:
    """Return single operations, every arm beside the reference, operation by operation."""
    found = summary.operations
    reference = found.reference if found else ""
    kinds: dict[str, Kind] = {"operation": "name", "arm": "arm", "verdict": "verdict"}
    table = Table(
        "Single operations by arm, timed by pytest-benchmark",
        [Column(label.format(named(reference)), kinds.get(label, "number")) for label in timed.HEADER],
    )
    for row in found.rows if found else ():
        time, ratio, verdict, processes = timed.cells(row, reference)
        table.add(
            facets.key_of(None, row.arm),
            named(row.operation),
            named(row.arm),
            table.cell(time, row.microseconds),
            table.cell(ratio, row.ratio.estimate if row.ratio else 1.0 if row.arm == reference else None, row.note),
            verdict,
            table.cell(processes, len(row.seconds)),
        )
    return table


def tracks(summary: Summary, facets: Facets) -> Table:
    """Return what the frameworks' own defaults change, where a run has both tracks."""
    table = Table(
        "Matched track beside stock track, by workload and arm",
        [
            Column("workload", "name"),
            Column("arm", "arm"),
            Column("matched ± 95 %"),
            Column("stock ± 95 %"),
            Column("matched − stock [95 %]"),
            Column("matched step (ms)"),
            Column("stock step (ms)"),
        ],
    )
    for gap in summary.gaps:
        scale, (matched, stock) = Scale.of(gap.comparison.workload), (gap.matched, gap.stock)
        table.add(
            facets.key(gap.comparison, matched.arm, beside="track"),
            named(f"{gap.comparison.workload.name} · {gap.comparison.precision}"),
            named(matched.arm),
            _mean(table, matched, scale),
            _mean(table, stock, scale),
            table.cell(
                f"{figures.difference(gap.difference, scale)} {scale.difference_unit}".rstrip(),
                gap.difference.estimate * scale.factor,
            ),
            table.measured(matched.step_ms, matched.notes.get("step_ms")),
            table.measured(stock.step_ms, stock.notes.get("step_ms")),
        )
    return table


def _mean(table: Table, row: Row, scale: Scale) -> Cell:
    return table.figure(
        row.metric,
        lambda mean: f"{figures.metric(mean, scale)} {scale.unit}".rstrip(),
        lambda mean: mean.estimate * scale.factor,
    )
