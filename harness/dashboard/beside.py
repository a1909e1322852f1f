"""Inference by batch size, latency, and how soon a target is reached: tables of all comparisons, and their lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness import stats
from harness.dashboard.facets import Facets, rounded
from harness.dashboard.races import RATIO, VERDICT, about, where
from harness.dashboard.samples import Samples
from harness.dashboard.tables import Cell, Column, Table
from harness.report import beside, figures, latency, targets, throughput
from harness.report.comparison import Comparison, FurtherRace
from harness.report.evidence import Noted
from harness.report.figures import Scale
from harness.report.row import Row
from harness.report.summary import Summary
from harness.report.targets import Reach, Spread
from harness.report.text import number


def batches(summary: Summary, facets: Facets, samples: Samples) -> Table:
    """Return forward passes by batch size."""
    table = Table(
        "Inference by batch size, workload and arm; samples a second are all samples over all seconds",
        [
            *where(facets),
            Column("batch"),
            Column("forward pass (ms)"),
            Column("samples/s [95 %]"),
            RATIO,
            VERDICT,
            Column("launches"),
        ],
    )
    for comparison in summary.comparisons:
        for size, race in throughput.sweep(comparison):
            for row in race.rows:
                table.add(
                    facets.key(comparison, row.arm),
                    *about(facets, comparison, row.arm),
                    table.cell(f"{size:,}", size),
                    table.measured(row.step_ms, row.notes.get("step_ms")),
                    _noted(table, throughput.rate(race.evidence[row.arm], size), beside.whole),
                    *_raced(table, comparison, race, row),
                    samples=samples.number(comparison, row.arm),
                )
    return table


def latencies(summary: Summary, facets: Facets, samples: Samples) -> Table:
    """Return the percentiles of passes that were timed one by one."""
    table = Table(
        "Latency of one forward pass by workload and arm: percentiles of each launch, the geometric mean of launches; "
        "the ratio is that of medians",
        [
            *where(facets),
            Column("batch"),
            *(Column(f"{name} (ms) [95 %]") for name in latency.SHARES),
            RATIO,
            VERDICT,
            Column("launches"),
        ],
    )
    for comparison in summary.comparisons:
        if (race := comparison.race("latency")) is None:
            continue
        for row in race.rows:
            table.add(
                facets.key(comparison, row.arm),
                *about(facets, comparison, row.arm),
                table.cell(f"{race.leg.batch_size:,}", race.leg.batch_size),
                *(_noted(table, found, number) for found in latency.percentiles(race.evidence[row.arm]).values()),
                *_raced(table, comparison, race, row),
                samples=samples.number(comparison, row.arm),
            )
    return table


def _noted(table: Table, found: Noted, show: Callable[[float], str]) -> Cell:
    return table.figure(found.level, lambda level: beside.level(level, show), lambda level: level.estimate, found.note)


def _raced(table: Table, comparison: Comparison, race: FurtherRace, row: Row) -> Iterator[Cell]:
    is_reference, notes = row.arm == race.reference, row.notes
    yield (
        table.cell("reference", 1.0)
        if is_reference
        else table.figure(row.ratio, figures.ratio, lambda ratio: ratio.estimate, notes.get("ratio"))
    )
    yield table.cell(row.time_verdict or ("reference" if is_reference else None))
    yield table.cell(figures.share(row.launches, comparison.launches), row.launches, notes.get("launches"))


def reached(summary: Summary, facets: Facets, samples: Samples) -> Table:
    """Return how soon trainings reach their target."""
    table = Table(
        "Until the metric after an epoch first meets the target, by workload and arm; over seeds, median [least, "
        "greatest]. >: a training that never met it, censored at what it was given",
        [
            *where(facets),
            Column("trainings that reach it"),
            Column("epochs"),
            Column("train steps"),
            Column("time (s)"),
            Column("energy (J)"),
            Column("time from", "text"),
        ],
    )
    for comparison in summary.comparisons:
        source = {"epoch": "raced epochs", "step": "raced train steps"}[targets.pace(comparison)]
        for reach in targets.reaches(comparison):
            table.add(
                facets.key(comparison, reach.arm),
                *about(facets, comparison, reach.arm),
                table.cell(f"{reach.reached} of {reach.seeds}", reach.reached / reach.seeds),
                _spread(table, reach.epochs, beside.count),
                _spread(table, reach.steps, beside.count),
                _spread(table, reach.seconds, number, reach.notes.get("seconds")),
                _spread(table, reach.joules, number, reach.notes.get("joules")),
                source,
                samples=samples.number(comparison, reach.arm),
            )
    return table


def _spread(table: Table, found: Spread | None, show: Callable[[float], str], note: str | None = None) -> Cell:
    """Return a cell that is sorted by the median; a censored one comes after all that took no longer."""
    return table.figure(found, lambda spread: beside.spread(spread, show), _order, note)


def _order(found: Spread) -> float:
    return found.median if math.isfinite(found.median) else 1.0001 * found.beyond


def lines(comparison: Comparison, facets: Facets) -> dict[str, Any]:
    """Return what is drawn of a comparison in lines, by name: only what was measured."""
    drawn = {"batches": _rates(comparison, facets), "latency": _latency(comparison, facets)}
    drawn["target"] = _over_time(comparison, facets)
    return {name: found for name, found in drawn.items() if found}


def _rates(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    found = throughput.sweep(comparison)
    by_arm: dict[str, list[dict[str, Any]]] = {}
    for size, race in found:
        for arm, evidence in race.evidence.items():
            if level := throughput.rate(evidence, size).level:
                told = f"{beside.level(level, beside.whole)} samples/s"
                by_arm.setdefault(arm, []).append(_point(size, level, f"batch {size:,}", told))
    ticks = [[size, f"{size:,}"] for size, _ in found]
    plane = _plane("batch size (log)", "inference (samples/s, log)", by_arm, facets, ticks=ticks)
    return plane and plane | {"logX": True}


def _latency(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    race = comparison.race("latency")
    by_arm: dict[str, list[dict[str, Any]]] = {}
    for arm, evidence in race.evidence.items() if race else ():
        for place, (name, found) in enumerate(latency.percentiles(evidence).items(), start=1):
            if found.level:
                told = f"{beside.level(found.level)} ms"
                by_arm.setdefault(arm, []).append(_point(place, found.level, name, told))
    ticks = [[place, name] for place, name in enumerate(latency.SHARES, start=1)]
    size = race.leg.batch_size if race else None
    return _plane(
        f"percentile of passes in batches of {size}", "one forward pass (ms, log)", by_arm, facets, ticks=ticks
    )


def _point(x: float, level: stats.Level, title: str, told: str) -> dict[str, Any]:
    ends = level.interval
    return {
        "x": rounded(x),
        "y": rounded(level.estimate),
        "low": ends and rounded(ends.low),
        "high": ends and rounded(ends.high),
        "title": title,
        "told": told,
    }


def _over_time(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    """Return the metric after every epoch, over the time until then; over epochs where nothing was raced."""
    (found, over), target = targets.drawn(comparison), comparison.workload.target
    if target is None:
        return None
    scale = Scale.of(comparison.workload)
    by_arm = {reach.arm: list(_epochs(reach, scale)) for reach in found}
    unit = f" ({scale.unit})" if scale.unit else ""
    level = [rounded(target * scale.factor), f"target {scale.plain(target)}"]
    return _plane(over, f"{scale.metric}{unit}, mean; lines: all seeds", by_arm, facets, mark=level)


def _epochs(reach: Reach, scale: Scale) -> Iterator[dict[str, Any]]:
    for point in reach.points():
        low, high = (min(point.values), max(point.values)) if len(point.values) > 1 else (None, None)
        yield {
            "x": rounded(point.at),
            "y": rounded(point.mean * scale.factor),
            "low": None if low is None else rounded(low * scale.factor),
            "high": None if high is None else rounded(high * scale.factor),
            "title": f"epoch {point.epoch}",
            "told": f"{scale.show(point.mean)} {scale.unit}".rstrip(),
        }


def _plane(
    x: str,
    y: str,
    by_arm: dict[str, list[dict[str, Any]]],
    facets: Facets,
    *,
    ticks: Iterable[list[Any]] | None = None,
    mark: list[Any] | None = None,
) -> dict[str, Any] | None:
    """Return lines in a plane, on a log axis upwards where places on the other axis have names."""
    if not by_arm:
        return None
    found = [{"a": facets.arms[arm], "points": points} for arm, points in by_arm.items()]
    named_places = None if ticks is None else list(ticks)
    return {"x": x, "y": y, "logY": ticks is not None, "ticks": named_places, "mark": mark, "lines": found}
