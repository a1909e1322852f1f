"""The comparisons, and the techniques, for a terminal of 100 columns."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.report import beside, contests, figures, latency, targets, text, throughput
from harness.report.classical import Contest
from harness.report.comparison import Comparison, FurtherRace
from harness.report.families import Family
from harness.report.summary import Summary
from harness.stats import TimeVerdict


def tables(summary: Summary) -> RenderableType:
    """Return a table for each workload, technique and contest, with the reasons of what is missing under it.

    What was raced beside train steps has tables of its own behind it.
    """
    found: list[RenderableType] = []
    for comparison in summary.workloads[: figures.MOST]:
        found.append(_table(comparison))
        found += _beside(comparison)
    if (more := len(summary.workloads) - figures.MOST) > 0:
        found.append(Text(f"{more:,} more comparisons are in the report and the dashboard"))
    return Group(*found, *map(_family, summary.families), *map(_contest, summary.contests))


def _contest(contest: Contest) -> Table:
    """Return classical models beside the networks of a dataset."""
    remarks = figures.Notes()
    rows = list(contests.rows(contest, remarks, lambda name: text.one_line(name, 32), short=True))
    notes = _listed(remarks)
    scale = figures.SCALES[contest.measure]
    table = _bare(f"{contest.dataset} · classical models beside networks", notes)
    table.add_column("model")
    table.add_column(f"{scale.metric} {scale.unit}\n± 95 %".replace(" \n", "\n"), justify="right", no_wrap=True)
    margin = "" if contest.margin is None else f"\nmargin {scale.margin(contest.margin)}"
    table.add_column(f"difference{margin}", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("training\ns", justify="right", no_wrap=True)
    for model, _, shown, difference, verdict, seconds, *_ in rows:
        table.add_row(*map(Text, (model, shown, difference, verdict, seconds)))
    return table


def _family(family: Family) -> Table:
    """Return the metric of every variant in every arm, and how often what was expected of it held."""
    arms = list(dict.fromkeys(line.row.arm for line in family.lines))
    scale = figures.Scale.of(family.lines[0].variant.workload)
    shown = {
        (line.variant.name, line.row.arm): figures.metric(line.row.metric, figures.Scale.of(line.variant.workload))
        for line in family.lines
        if line.row.metric
    }
    table = _bare(family.name, [_verdicts(family)] if family.judgements else [])
    table.add_column("variant", no_wrap=True)
    for arm in arms:
        table.add_column(
            f"{text.one_line(arm, 20)}\n{scale.metric} {scale.unit}".rstrip(), justify="right", no_wrap=True
        )
    for name in family.comparisons:
        table.add_row(Text(name), *(Text(shown.get((name, arm), figures.MISSING)) for arm in arms))
    return table


def _verdicts(family: Family) -> str:
    counts = Counter(judgement.verdict for judgement in family.judgements)
    return "expectations, arm by arm: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def _beside(comparison: Comparison) -> list[Table]:
    swept = throughput.sweep(comparison)
    found = [_sweep(comparison, swept)] if swept else []
    for race in comparison.further:
        if race.scope == "latency":
            found.append(_latency(comparison, race))
        elif (race.scope, bool(swept)) != ("inference", True):
            found.append(_further(comparison, race))
    return found + ([_targets(comparison)] if targets.reaches(comparison) else [])


def _sweep(comparison: Comparison, swept: list[tuple[int, FurtherRace]]) -> Table:
    cells = figures.Cells(comparison, short=True)
    rows = [
        (f"{size:,}", text.one_line(row.arm, 20), beside.rate(race, row.arm, size, cells.notes), ratio, verdict)
        for size, race in swept
        for row in race.rows
        for _, ratio, verdict, _ in [cells.further(row, race)]
    ]
    table = _bare(f"{comparison.name} · inference by batch size", _listed(cells.notes))
    table.add_column("batch", justify="right", no_wrap=True)
    table.add_column("arm", no_wrap=True)
    table.add_column("samples/s\n[95 %]", justify="right", no_wrap=True)
    table.add_column("ratio [95 %]\n> 1 is slower", justify="right", no_wrap=True)
    table.add_column("verdict\ntime")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _latency(comparison: Comparison, race: FurtherRace) -> Table:
    cells = figures.Cells(comparison, short=True)
    rows = [
        (text.one_line(row.arm, 20), *beside.percentiles(race, row.arm, cells.notes, short=True), ratio, verdict)
        for row in race.rows
        for _, ratio, verdict, _ in [cells.further(row, race)]
    ]
    table = _bare(f"{comparison.name} · {race.label}", _listed(cells.notes))
    table.add_column("arm", no_wrap=True)
    for name in latency.SHARES:
        table.add_column(f"{name}\nms", justify="right")
    table.add_column("ratio of p50\n> 1 is slower", justify="right", no_wrap=True)
    table.add_column("verdict\ntime")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _targets(comparison: Comparison) -> Table:
    notes = figures.Notes()
    rows = [(text.one_line(reach.arm, 20), *beside.reach_cells(reach, notes)) for reach in targets.reaches(comparison)]
    table = _bare(f"{comparison.name} · until the target is met", _listed(notes))
    table.add_column("arm", no_wrap=True)
    for label in ("trainings\nthat meet it", "epochs", "train\nsteps", "time\ns", "energy\nJ"):
        table.add_column(label, justify="right")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _listed(notes: figures.Notes) -> list[str]:
    return [f"({i}) {text.one_line(note)}" for note, i in notes.texts.items()]


def _further(comparison: Comparison, race: FurtherRace) -> Table:
    cells = figures.Cells(comparison, short=True)
    rows = [(text.one_line(row.arm, 20), cells.further(row, race)) for row in race.rows]
    table = _bare(f"{comparison.name} · {race.label}", _listed(cells.notes))
    table.add_column("arm", no_wrap=True)
    table.add_column(f"{race.words.unit.split()[-1]}\nms", justify="right", no_wrap=True)
    table.add_column("ratio [95 %]\n> 1 is slower", justify="right", no_wrap=True)
    table.add_column("verdict\ntime")
    table.add_column("launches", justify="right")
    for arm, shown in rows:
        table.add_row(Text(arm), *map(Text, shown))
    return table


def _bare(title: str, notes: list[str]) -> Table:
    return Table(
        title=Text(text.one_line(title, 90), style="bold"),
        title_justify="left",
        caption=Text("\n".join(notes), style="dim"),
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )


def _table(comparison: Comparison) -> Table:
    cells = figures.Cells(comparison, short=True)
    scale = cells.scale
    rows = [(text.one_line(row.arm, 20), cells.race(row)) for row in comparison.rows]
    notes = _listed(cells.notes)
    if comparison.proof is None and comparison.track == "matched":
        notes.insert(0, "UNVERIFIED: nobody asked for proof that these arms compute one function")
    if any(row.time_verdict is TimeVerdict.UNSTABLE for row in comparison.rows):
        notes.append("UNSTABLE: other programs disturbed most launches; these times say nothing")
    if comparison.health.conflicts:
        notes.insert(0, f"{comparison.track.upper()} TRACK BROKEN: the arms did not start alike; see the report")
    if comparison.budget_cut:
        notes.append(f"budget cut to {comparison.epochs} of {comparison.workload.epochs} epochs: target not judged")
    table = _bare(comparison.name, notes)
    table.add_column("arm", no_wrap=True)
    table.add_column("mode", max_width=8)
    if cells.learns:
        table.add_column(f"{scale.metric} {scale.unit}\n± 95 %".replace(" \n", "\n"), justify="right", no_wrap=True)
        margin = scale.margin(comparison.workload.margin)
        table.add_column(f"difference\nmargin {margin}", justify="right", no_wrap=True)
    table.add_column("step\nms", justify="right", no_wrap=True)
    table.add_column("ratio [95 %]\n> 1 is slower", justify="right", no_wrap=True)
    table.add_column("verdicts\ntime · accuracy" if cells.learns else "verdict\ntime")
    for arm, shown in rows:
        table.add_row(Text(arm), *map(Text, shown))
    return table
