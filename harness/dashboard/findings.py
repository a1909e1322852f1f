"""The tables that only some runs have.

Mixed precision, techniques, classical models, the tracks beside each other, single operations.
"""

from __future__ import annotations

from harness import stats
from harness.dashboard.facets import Facets, named
from harness.dashboard.inline import plain
from harness.dashboard.tables import Cell, Column, Kind, Table
from harness.report import chapters, contests, figures, speedups
from harness.report import operations as timed
from harness.report.certificates import View
from harness.report.classical import Contest, Model, Network
from harness.report.families import Family, Judgement
from harness.report.figures import Scale
from harness.report.sheets import Sheet
from harness.report.summary import Summary
from harness.report.text import one_line


def precision(summary: Summary, facets: Facets) -> Table:
    """Return what less precision makes of every arm that was timed in two."""
    found = speedups.sheet(summary.speedups)
    names = [Column("workload", "name"), Column("arm", "arm"), Column("precision", "text")]
    table = Table("Mixed precision by workload and arm", [*names, *map(Column, found.header[found.names :])])
    for one, row in zip(summary.speedups, found.rows, strict=True):
        table.add(
            facets.key(one.comparison, one.after.arm, beside="precision"),
            *(named(field.shown) for field in row[: found.names]),
            *(table.cell(field.shown, field.value, field.note) for field in row[found.names :]),
        )
    return table


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


def classical(summary: Summary, facets: Facets) -> Table:
    """Return classical models beside the networks of each dataset."""
    table = Table(
        "Classical models beside networks, by dataset",
        [
            Column("dataset", "name"),
            Column("model", "text"),
            Column("kind", "text"),
            Column("metric on the test set ± 95 %"),
            Column("less that of the best network [95 %]"),
            Column("margin"),
            Column("verdict", "verdict"),
            Column("training (s)"),
            Column("predicting the test set (s)"),
            Column("seeds"),
        ],
    )
    for contest in summary.contests:
        for network in contest.networks:
            _add_network(table, contest, network, facets)
        for model in contest.models:
            _add_model(table, contest, model, facets)
    return table


def _add_network(table: Table, contest: Contest, network: Network, facets: Facets) -> None:
    comparison, best, scale = network.comparison, network is contest.best, figures.SCALES[contest.measure]
    table.add(
        facets.key(comparison, network.arm),
        named(contest.dataset),
        named(comparison.name),
        named(f"{comparison.workload.architecture.name} in {network.arm}"),
        _mean(table, network.mean, scale),
        table.cell("best network" if best else None, 0.0 if best else None),
        _margin(table, contest, scale),
        table.cell(None),
        table.measured(network.train_s, contests.cut(network)),
        table.cell(None, None, contests.NOT_PREDICTED),
        table.cell(str(network.mean.count), network.mean.count),
    )


def _add_model(table: Table, contest: Contest, model: Model, facets: Facets) -> None:
    scale, seeds = figures.SCALES[contest.measure], 0 if model.mean is None else model.mean.count
    table.add(
        facets.key_of(None, model.arm),
        named(contest.dataset),
        named(model.name),
        table.cell(model.kind and named(model.kind)),
        _mean(table, model.mean, scale, contests.of_seeds(model)),
        table.figure(
            model.difference,
            lambda apart: f"{figures.difference(apart, scale)} {scale.difference_unit}".rstrip(),
            lambda apart: apart.estimate * scale.factor,
        ),
        _margin(table, contest, scale),
        table.cell(model.answer),
        table.measured(model.train_s, contests.of_training(model)),
        table.measured(model.predict_s),
        table.cell(figures.share(seeds, model.asked), seeds, model.note),
    )


def _margin(table: Table, contest: Contest, scale: Scale) -> Cell:
    margin = contest.margin
    return table.cell(None) if margin is None else table.cell(scale.margin(margin), margin * scale.factor)


def certificates(view: View, summary: Summary, facets: Facets) -> Table:
    """Return one view of what arms said of themselves when they were raced against themselves."""
    table = Table(view.about, [Column("arm", "arm"), *(Column(label, "text") for label in view.columns)])
    for one in summary.manifest.certificates:
        table.add(facets.key_of(None, one.arm), named(one.arm), *map(named, view.cells(one)))
    return table


def sheet(found: Sheet, facets: Facets) -> Table:
    """Return a table of what the device allows or did, or of where the time goes."""
    kinds: dict[str, Kind] = {"workload": "name", "race": "name", "pair": "name", "arm": "arm"}
    kinds |= dict.fromkeys(("timed", "under the roof of", "measured", "phase"), "text")
    table = Table(TITLES[found.name], [Column(label, kinds.get(label, "number")) for label in found.header])
    for (workload, arm), row in zip(found.keys, found.rows, strict=True):
        named_, figures_ = row[: found.names], row[found.names :]
        table.add(
            facets.key_of(workload, arm),
            *(named(cell.shown) for cell in named_),
            *(table.cell(cell.shown, cell.value, cell.note) for cell in figures_),
        )
    return table


TITLES = {
    "gpu": "What the GPU did, by race",
    "gpu_memory": "What each arm took of the GPU's memory, by phase",
    "ceilings": "What the device gives at most, by arm",
    "achieved": "What arms make of the device, by workload",
    "breakdown": "Where the time of a train step goes, by workload and arm",
}


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
            _mean(table, matched.metric, scale),
            _mean(table, stock.metric, scale),
            table.cell(
                f"{figures.difference(gap.difference, scale)} {scale.difference_unit}".rstrip(),
                gap.difference.estimate * scale.factor,
            ),
            table.measured(matched.step_ms, matched.notes.get("step_ms")),
            table.measured(stock.step_ms, stock.notes.get("step_ms")),
        )
    return table


def _mean(table: Table, found: stats.Mean | None, scale: Scale, note: str | None = None) -> Cell:
    return table.figure(
        found,
        lambda mean: f"{figures.metric(mean, scale)} {scale.unit}".rstrip(),
        lambda mean: mean.estimate * scale.factor,
        note,
    )
