"""The numbers of the charts: ratios and differences with their intervals, and a card for each comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness import stats
from harness.dashboard import beside, tradeoffs
from harness.dashboard.facets import Facets, named, rounded
from harness.dashboard.inline import paragraphs
from harness.report import curves, figures, plots, remarks, roofline, text
from harness.report.comparison import Comparison
from harness.report.row import Row
from harness.report.scopes import WORDS
from harness.report.summary import Summary

_NO_CLAIM = {None, stats.TimeVerdict.LOOK, stats.TimeVerdict.UNSTABLE, stats.AccuracyVerdict.LOOK}


def ratios(summary: Summary, facets: Facets) -> list[dict[str, Any]]:
    """Return the ratios of every race, with the interval and what is claimed of it."""
    groups = []
    for comparison in summary.comparisons:
        raced = [("", comparison.rows, comparison.reference)]
        raced += [(f" · {race.label}", race.rows, race.reference) for race in comparison.further]
        for scope, rows, reference in raced:
            found = [_ratio(row, row.ratio, facets) for row in rows if row.ratio is not None]
            groups.append(_group(f"{comparison.name}{scope}", reference, comparison, found, facets))
    return [group for group in groups if group["items"]]


def _ratio(row: Row, ratio: stats.Ratio, facets: Facets) -> dict[str, Any]:
    shown = figures.ratio(ratio) + ("" if ratio.interval else ", one launch: no interval")
    return _item(row.arm, ratio.estimate, ratio.interval, shown, row.time_verdict, facets)


def differences(summary: Summary, facets: Facets) -> list[dict[str, Any]]:
    """Return differences of the metric to the reference's in units of the workload's margin."""
    groups = []
    for comparison in summary.comparisons:
        scale, margin = figures.Scale.of(comparison.workload), comparison.workload.margin
        found = []
        for row in comparison.rows:
            if (difference := row.difference) is None or not margin:
                continue
            ends = difference.interval
            shown = f"{figures.difference(difference, scale)} {scale.difference_unit}".rstrip()
            interval = ends and stats.Interval(ends.low / margin, ends.high / margin)
            found.append(_item(row.arm, difference.estimate / margin, interval, shown, row.accuracy_verdict, facets))
        name = f"{comparison.name}, margin {scale.margin(margin)}"
        groups.append(_group(name, comparison.reference, comparison, found, facets))
    return [group for group in groups if group["items"]]


def speedups(summary: Summary, facets: Facets) -> list[dict[str, Any]]:
    """Return what less precision makes of the times of every arm, with the interval and without a claim."""
    groups: dict[str, dict[str, Any]] = {}
    for one in summary.speedups:
        verdict = stats.TimeVerdict.UNSTABLE if one.unstable else None
        shown = figures.ratio(one.speed) + ("" if one.speed.interval else ", one launch: no interval")
        item = _item(one.after.arm, one.speed.estimate, one.speed.interval, shown, verdict, facets)
        key = facets.key(one.comparison, beside="precision")
        name = f"{one.place} · {one.change}"
        group = {"name": named(name), "reference": None, "k": key, "items": []}
        groups.setdefault(name, group)["items"].append(item)
    return list(groups.values())


def _item(
    arm: str,
    estimate: float,
    interval: stats.Interval | None,
    shown: str,
    verdict: stats.TimeVerdict | stats.AccuracyVerdict | None,
    facets: Facets,
) -> dict[str, Any]:
    return {
        "a": facets.arms[arm],
        "at": rounded(estimate),
        "low": interval and rounded(interval.low),
        "high": interval and rounded(interval.high),
        "told": shown,
        "verdict": verdict,
        "claims": verdict not in _NO_CLAIM,
    }


def _group(
    name: str, reference: str | None, comparison: Comparison, items: list[dict[str, Any]], facets: Facets
) -> dict[str, Any]:
    against = None if reference is None else named(reference)
    return {"name": named(name), "reference": against, "k": facets.key(comparison), "items": items}


def roofs(summary: Summary, facets: Facets) -> dict[str, Any] | None:
    """Return the roofline of the device and what every arm makes of it; None where that is not on file."""
    found = roofline.roofline(summary.manifest, summary.workloads)
    if found is None:
        return None
    return {
        "x": roofline.X,
        "y": roofline.Y,
        "memory": roofline.memory_label(found),
        "lines": [
            {"label": line.label, "corners": [[rounded(x), rounded(y)] for x, y in line.corners]}
            for line in found.lines
        ],
        "points": [
            {
                "k": facets.key(one.comparison, one.arm),
                "a": facets.arms[one.arm],
                "x": rounded(one.intensity),
                "y": rounded(one.rate / roofline.GIGA),
                "step": one.scope == "step",
                "told": [
                    f"{named(one.comparison.name)}, {WORDS[one.scope].unit}",
                    f"{text.number(one.rate / roofline.GIGA)} {roofline.Y}",
                    f"{text.number(one.intensity)} FLOPs a byte",
                ],
            }
            for one in found.points
        ],
    }


def cards(summary: Summary, facets: Facets) -> list[dict[str, Any]]:
    """Return what is drawn and said of every comparison, by itself."""
    return [_card(comparison, facets) for comparison in summary.comparisons]


def _card(comparison: Comparison, facets: Facets) -> dict[str, Any]:
    said = (remarks.about, remarks.proof, remarks.health, remarks.reference, remarks.target)
    card = {
        "name": named(comparison.name),
        "k": facets.key(comparison),
        "remarks": [runs for say in said for runs in paragraphs(say(comparison))],
    }
    drawn = {
        "losses": _losses(comparison, facets),
        "metrics": _metrics(comparison, facets),
        "time": tradeoffs.accuracy_and_time(comparison, facets),
        "memory": tradeoffs.memory_and_throughput(comparison, facets),
    }
    return card | {what: found for what, found in drawn.items() if found} | beside.lines(comparison, facets)


def _losses(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    found = {row.arm: curves.curve(row) for row in comparison.rows}
    drawn = [curve for curve in found.values() if curve]
    label = f"training loss: {plots.loss_words(comparison.workload.loss)}"
    return _curves(label, found, facets, log=curves.over_decades(drawn)) if drawn else None


def _metrics(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    """Return the metric after each epoch, on an axis about its values: zero says nothing of most metrics."""
    scale = figures.Scale.of(comparison.workload)
    found = {arm: curves.metric(evidence, scale.factor) for arm, evidence in comparison.evidence.items()}
    label = f"{scale.metric}{f' ({scale.unit})' if scale.unit else ''} on the test set"
    return _curves(label, found, facets, about=True) if any(found.values()) else None


def _curves(label: str, found: Mapping[str, curves.Curve | None], facets: Facets, **axis: bool) -> dict[str, Any]:
    """Return a curve for each arm, with a band over seeds where there are several."""
    drawn = [
        {
            "a": facets.arms[arm],
            "seeds": curve.seeds,
            "mean": _short(curve.mean),
            **({"low": _short(curve.low), "high": _short(curve.high)} if curve.seeds > 1 else {}),
        }
        for arm, curve in found.items()
        if curve
    ]
    return {"label": label, **axis, "curves": drawn}


def _short(values: Iterable[float]) -> list[float | None]:
    return [rounded(value, 5) for value in values]
