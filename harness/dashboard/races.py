"""The tables that every run has: times, accuracy, and what an arm costs beside its step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.dashboard import tradeoffs
from harness.dashboard.facets import Facets, named
from harness.dashboard.samples import Samples
from harness.dashboard.tables import Cell, Column, Table
from harness.report import beside, figures, text, throughput
from harness.report.comparison import Comparison, FurtherRace
from harness.report.figures import Scale
from harness.report.row import Row
from harness.report.scopes import WORDS, phase
from harness.report.summary import Summary
from harness.report.text import number

RATIO, VERDICT = Column("ratio to the reference [95 %]"), Column("verdict", "verdict")


def where(facets: Facets) -> list[Column]:
    """Return the columns that say what a row is about; what is the same in a whole run is left out."""
    columns = [Column("workload", "name")]
    columns += [Column("precision", "text")] if len(facets.precisions) > 1 else []
    columns += [Column("track", "text")] if len(facets.tracks) > 1 else []
    return [*columns, Column("arm", "arm")]


def about(facets: Facets, comparison: Comparison, arm: str) -> list[Cell]:
    """Return the cells under ``where``."""
    cells: list[Cell] = [named(comparison.workload.name)]
    cells += [comparison.precision] if len(facets.precisions) > 1 else []
    cells += [comparison.track] if len(facets.tracks) > 1 else []
    return [*cells, named(arm)]


def speed(summary: Summary, facets: Facets, samples: Samples) -> Table:
    """Return the times of all that is raced; a witness is not raced and has none."""
    further = list(dict.fromkeys(race.words for comparison in summary.comparisons for race in _alone(comparison)))
    table = Table(
        f"Time of {' or '.join(words.one for words in (WORDS['step'], *further))} by workload and arm; "
        "a ratio below 1 is faster than the reference",
        [
            *where(facets),
            Column("mode", "text"),
            *([Column("of", "text")] if further else []),
            Column("time (ms)"),
            RATIO,
            VERDICT,
            Column("launches"),
        ],
    )
    for comparison in summary.comparisons:
        for row, scope, reference in _raced(comparison):
            is_reference, notes = row.arm == reference, row.notes
            table.add(
                facets.key(comparison, row.arm),
                *about(facets, comparison, row.arm),
                table.cell(row.mode and text.one_line(row.mode), None, notes.get("mode")),
                *([scope] if further else []),
                table.measured(row.step_ms, notes.get("step_ms")),
                table.cell("reference", 1.0)
                if is_reference
                else table.figure(row.ratio, figures.ratio, lambda ratio: ratio.estimate, notes.get("ratio")),
                table.cell(row.time_verdict or ("reference" if is_reference else None)),
                table.cell(figures.share(row.launches, comparison.launches), row.launches, notes.get("launches")),
                samples=samples.number(comparison, row.arm),
            )
    return table


def _raced(comparison: Comparison) -> Iterator[tuple[Row, str, str | None]]:
    yield from ((row, "train step", comparison.reference) for row in comparison.rows if not row.witness)
    for race in _alone(comparison):
        yield from ((row, race.unit, race.reference) for row in race.rows)


def _alone(comparison: Comparison) -> list[FurtherRace]:
    """Return what was raced beside train steps and has no table of its own form."""
    swept = {race.leg for _, race in throughput.sweep(comparison)}
    return [race for race in comparison.further if race.leg not in swept and race.scope != "latency"]


def accuracy(summary: Summary, facets: Facets, samples: Samples) -> Table:
    """Return what was learned, of workloads that learn something."""
    learning = [comparison for comparison in summary.comparisons if comparison.workload.metric is not None]
    names = list(dict.fromkeys(_metric(Scale.of(comparison.workload)) for comparison in learning))
    table = Table(
        "Metric on the test set by workload and arm, over seeds",
        [
            *where(facets),
            *([Column("metric", "text")] if len(names) > 1 else []),
            Column(f"{names[0] if len(names) == 1 else 'mean'} ± 95 %"),
            Column("difference to the reference [95 %]"),
            Column("margin"),
            VERDICT,
            Column("target"),
            Column("seeds"),
        ],
    )
    for comparison in learning:
        for row in comparison.rows:
            told = [_metric(Scale.of(comparison.workload))] if len(names) > 1 else []
            _add_accuracy(table, comparison, row, told, facets, samples)
    return table


def _metric(scale: Scale) -> str:
    return f"{scale.metric} ({scale.unit})" if scale.unit else scale.metric


def _add_accuracy(
    table: Table, comparison: Comparison, row: Row, told: list[str], facets: Facets, samples: Samples
) -> None:
    is_reference, notes = row.arm == comparison.reference, row.notes
    scale, margin = Scale.of(comparison.workload), comparison.workload.margin
    table.add(
        facets.key(comparison, row.arm),
        *about(facets, comparison, row.arm),
        *told,
        table.figure(
            row.metric,
            lambda mean: figures.metric(mean, scale),
            lambda mean: mean.estimate * scale.factor,
            notes.get("metric"),
        ),
        table.cell("reference", 0.0)
        if is_reference
        else table.figure(
            row.difference,
            lambda apart: figures.difference(apart, scale),
            lambda apart: apart.estimate * scale.factor,
            notes.get("difference"),
        ),
        table.cell(scale.margin(margin), margin * scale.factor),
        table.cell(row.accuracy_verdict or ("reference" if is_reference else None)),
        _target(table, comparison, row, scale),
        table.cell(figures.share(row.seeds, comparison.seeds), row.seeds, notes.get("seeds")),
        samples=samples.number(comparison, row.arm),
    )


def _target(table: Table, comparison: Comparison, row: Row, scale: Scale) -> Cell:
    target = comparison.workload.target
    if target is None:
        return table.cell(None, None, "no target: a variant is compared with others")
    if comparison.budget_cut:
        return table.cell(None, None, "not judged: the budget was cut")
    if row.target_met is None:
        return table.cell(None, None, row.notes.get("metric"))
    return table.cell(f"{scale.plain(target)}: {'met' if row.target_met else 'not met'}", float(row.target_met))


def cost(summary: Summary, facets: Facets, samples: Samples) -> Table:
    """Return what an arm costs beside its step, and how much evidence there is."""
    table = Table(
        "First step, cold start, memory and throughput by workload and arm",
        [
            *where(facets),
            Column("first step (s)"),
            Column("cold start (s)"),
            Column("peak host memory (MiB)"),
            Column("training (samples/s)"),
            Column("parameters"),
            Column("contended rounds"),
        ],
    )
    for comparison in summary.comparisons:
        for row in comparison.rows:
            table.add(
                facets.key(comparison, row.arm),
                *about(facets, comparison, row.arm),
                *_fresh(table, row),
                table.measured(tradeoffs.throughput(comparison, row), row.notes.get("step_ms"), show=beside.whole),
                table.measured(row.parameters, row.notes.get("parameters"), show="{:,.0f}".format),
                table.figure(
                    row if row.rounds else None,
                    lambda found: f"{found.contended_rounds} of {found.rounds}",
                    lambda found: found.contended_rounds,
                    row.notes.get("rounds"),
                ),
                samples=samples.number(comparison, row.arm),
            )
    return table


def memory(summary: Summary, facets: Facets) -> Table:
    """Return the peak of host memory in each phase of a fresh process."""
    told = [
        (comparison, arm, phases) for comparison in summary.comparisons for arm, phases in comparison.phases.items()
    ]
    names = list(dict.fromkeys(name for _, _, phases in told for name in phases))
    table = Table(
        "Peak host memory by phase of a fresh process, by workload and arm; what earlier phases left is included",
        [*where(facets), *(Column(f"{phase(name)} (MiB)") for name in names)],
    )
    for comparison, arm, phases in told:
        table.add(
            facets.key(comparison, arm),
            *about(facets, comparison, arm),
            *(table.measured(phases.get(name), show="{:,.0f}".format) for name in names),
        )
    return table


def _fresh(table: Table, row: Row) -> Iterator[Cell]:
    """Return figures of fresh processes, each with the number of launches that gave it."""
    yield _counted(table, row, "first_step_s", row.first_step_s, number)
    yield _counted(table, row, "cold_start_s", row.cold_start_s, number)
    yield _counted(table, row, "peak_rss_mib", row.peak_rss_mib, "{:,.0f}".format)


def _counted(table: Table, row: Row, figure: str, value: float | None, show: Callable[[float], str]) -> Cell:
    count = row.fresh.get(figure)
    return table.measured(value, row.notes.get(figure), show=lambda found: f"{show(found)} (n={count})")
