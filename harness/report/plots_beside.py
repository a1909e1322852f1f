"""Pictures of what is measured beside train steps: throughput by batch size, latency, and the metric over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from harness import stats
from harness.report import figures, latency, targets, text, throughput
from harness.report.comparison import Comparison
from harness.report.figures import Scale
from harness.report.plots import DASHES, STYLE, colour, save, slug
from harness.report.summary import Summary

MARKS: Mapping[str, str] = {"p50": "o", "p90": "D", "p99": "^"}


def draw(summary: Summary, folder: Path) -> dict[str, dict[str, str]]:
    """Draw what there is into a folder, and return its files' names by comparison and by what they show.

    Raises:
        OSError: If the folder cannot be written.
    """
    made: Mapping[str, Callable[[Comparison], Figure | None]] = {
        "throughput": rates,
        "latency": latencies,
        "target": over_time,
    }
    drawn: dict[str, dict[str, str]] = {}
    with rc_context(dict(STYLE)):
        for i, comparison in enumerate(summary.workloads[: figures.MOST]):
            for what, make in made.items():
                if figure := make(comparison):
                    name = f"{what}-{i + 1:02}-{slug(comparison.name)}.png"
                    save(figure, folder / name)
                    drawn.setdefault(comparison.name, {})[what] = name
    return drawn


def rates(comparison: Comparison) -> Figure | None:
    """Return samples a second by batch size, a line for each arm, on log axes."""
    lines: dict[str, list[tuple[int, stats.Level]]] = {}
    sizes = []
    for size, race in throughput.sweep(comparison):
        sizes.append(size)
        for arm, evidence in race.evidence.items():
            if found := throughput.rate(evidence, size).level:
                lines.setdefault(arm, []).append((size, found))
    if not lines:
        return None
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for i, (arm, points) in enumerate(lines.items()):
        levels = [level for _, level in points]
        axes.errorbar(
            [size for size, _ in points],
            [level.estimate for level in levels],
            yerr=_reach(levels),
            label=text.one_line(arm, 40),
            color=colour(arm),
            linestyle=DASHES[i % len(DASHES)],
            marker="o",
            markersize=4.5,
            capsize=2.5,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.set(title=comparison.name, xlabel="batch size (log)", ylabel="inference, samples/s (log)")
    axes.legend(title="bars: 95 % intervals over launches")
    return figure


def _reach(levels: Sequence[stats.Level]) -> Any:
    """Return how far intervals reach below and above; not at all where there are none."""
    ends = [level.interval or stats.Interval(level.estimate, level.estimate) for level in levels]
    return [
        [max(0.0, level.estimate - end.low) for level, end in zip(levels, ends, strict=True)],
        [max(0.0, end.high - level.estimate) for level, end in zip(levels, ends, strict=True)],
    ]


def latencies(comparison: Comparison) -> Figure | None:
    """Return the percentiles of every arm, one below the other, on a log axis."""
    race = comparison.race("latency")
    found = {arm: latency.percentiles(evidence) for arm, evidence in race.evidence.items()} if race else {}
    shown = {arm: told for arm, told in found.items() if any(one.level for one in told.values())}
    if race is None or not shown:
        return None
    figure = Figure(figsize=(7.2, 1.3 + 0.42 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    for y, (arm, told) in enumerate(shown.items()):
        for name, one in told.items():
            if one.level is None:
                continue
            reach = _reach([one.level])
            axes.errorbar(one.level.estimate, y, xerr=reach, marker=MARKS[name], color=colour(arm), capsize=2.5)
    for name, mark in MARKS.items():
        axes.plot([], [], marker=mark, color="#444444", linestyle="", label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(shown)), [text.one_line(arm, 40) for arm in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set(title=f"{comparison.name}, batch {race.leg.batch_size}", xlabel="one forward pass (ms, log)")
    figure.legend(loc="outside right upper", title="bars: 95 %")
    return figure


def over_time(comparison: Comparison) -> Figure | None:
    """Return the metric after every epoch over the time until then, with the target; over epochs without times."""
    found, over = targets.drawn(comparison)
    target = comparison.workload.target
    if not found or target is None:
        return None
    scale = Scale.of(comparison.workload)
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for i, reach in enumerate(found):
        points = reach.points()
        x = [point.at for point in points]
        mean = [point.mean * scale.factor for point in points]
        low, high = ([take(point.values) * scale.factor for point in points] for take in (min, max))
        style = {"color": colour(reach.arm), "linestyle": DASHES[i % len(DASHES)]}
        axes.plot(x, mean, label=text.one_line(reach.arm, 40), marker="o", markersize=3.5, **style)
        axes.fill_between(x, low, high, color=style["color"], alpha=0.13, linewidth=0)
    axes.axhline(target * scale.factor, color="#444444", linewidth=1, linestyle=":")
    axes.annotate(
        "target", (0.995, target * scale.factor), xycoords=axes.get_yaxis_transform(), ha="right", va="bottom"
    )
    axes.set_xlim(left=0)
    axes.set(
        title=comparison.name,
        xlabel=over,
        ylabel=f"{scale.metric} {scale.unit}".rstrip(),
    )
    axes.legend(title="mean; band: all seeds")
    return figure
