"""Pictures in one style: an arm has the same colour everywhere, and intervals are drawn."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from PIL import Image

from harness import stats
from harness.contract import LossName, Scope
from harness.report import curves, figures, roofline, text
from harness.report.comparison import Comparison
from harness.report.families import Family
from harness.report.roofline import Roofline
from harness.report.row import Row
from harness.report.scopes import WORDS
from harness.report.summary import Summary

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""Okabe & Ito (2008): told apart by readers with any colour vision."""

WINE, INDIGO, VIOLET, BROWN = "#882255", "#332288", "#785EF0", "#8A5A00"
"""Darker ones that stay apart from those, and from each other, for readers with any colour vision (the tests say how
far): by them peers are known."""

OLIVE, ULTRAVIOLET, PLUM = "#A5C369", "#8700FF", "#691E69"
"""Three more, by which tuned arms are known."""

COLOURS = {
    "torch": VERMILION,
    "torch-compile": PURPLE,
    "keras-tensorflow": ORANGE,
    "keras-jax": BLUE,
    "keras-torch": GREEN,
    "numpy": BLACK,
    "keras-tensorflow-xla": SKY,
    "torch-tuned": PLUM,
    "torch-compile-tuned": ULTRAVIOLET,
    "keras-tensorflow-tuned": OLIVE,
    "sklearn": YELLOW,
    "torch-transformers": WINE,
    "keras-tensorflow-peers": BROWN,
    "keras-jax-peers": INDIGO,
    "keras-torch-peers": VIOLET,
}
"""Fixed, so that reports can be read side by side; an arm of somebody else's gets one of ``OTHERS`` by its name."""

OTHERS = ("#777777", "#4B6A2F", "#A05A7A", "#5A8A8A")

STYLE: Mapping[str, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titley": 1.0,  # where it is put anyway: to look for what it might overlap takes a third of a picture's time
    "figure.dpi": 130,
    "figure.facecolor": "white",
    "font.size": 9.5,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "text.hinting": "none",
    "text.parse_math": False,
}

COLOURS_KEPT = 128
"""Of a picture, which has a dozen inks and their blends with white."""

LOSSES: Mapping[LossName, str] = {
    "cross_entropy": "cross-entropy (nats)",
    "mse": "mean squared error",
    "binary_cross_entropy": "binary cross-entropy (nats)",
    "perceptron": "perceptron loss",
    "negative_elbo": "negative ELBO (nats)",
}


def loss_words(loss: LossName) -> str:
    """Return a loss in words, with its unit if it has one."""
    return LOSSES.get(loss, loss.replace("_", " "))


ROUND = (1, 2, 5, 10)
"""Steps of ticks."""

DASHES: Sequence[Any] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 3)))


@dataclass(frozen=True)
class Pictures:
    """File names beside the report.

    Attributes:
        losses: Name of a comparison -> its loss curves; of the first ``figures.MOST``, variants not counted.
        ratios: Forest plot of the same comparisons; null when none of them was raced.
        families: Name of a family of techniques -> its variants.
        beside: Name of a comparison -> what was measured beside train steps (throughput, latency, target).
        roofline: What arms make of the device; null where that is not on file.
        gpu: Name of a race -> what the GPU did during it; of the first ``figures.MOST`` that have a timeline.
    """

    losses: Mapping[str, str]
    ratios: str | None
    families: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    roofline: str | None = None
    gpu: Mapping[str, str] = field(default_factory=dict)


def colour(arm: str) -> str:
    """Return the colour of an arm, always the same one."""
    return COLOURS.get(arm) or OTHERS[zlib.crc32(arm.encode()) % len(OTHERS)]


def draw(summary: Summary, folder: Path) -> Pictures:
    """Draw every picture of a report into a folder.

    Raises:
        OSError: If the folder cannot be written.
    """
    losses: dict[str, str] = {}
    drawn = summary.workloads[: figures.MOST]
    with rc_context(dict(STYLE)):
        used = None
        for i, comparison in enumerate(drawn):
            if figure := loss_curves(comparison, used):
                losses[comparison.name] = f"loss-{i + 1:02}-{slug(comparison.name)}.png"
                save(figure, folder / losses[comparison.name])
                used = figure
        ratios = None
        if figure := forest(drawn):
            ratios = "ratios.png"
            save(figure, folder / ratios)
        families: dict[str, str] = {}
        for family in summary.families:
            if figure := variants(family):
                families[family.name] = f"technique-{slug(family.name)}.png"
                save(figure, folder / families[family.name])
        under = None
        if found := roofline.roofline(summary.manifest, summary.workloads):
            under = "roofline.png"
            save(roofs(found), folder / under)
    return Pictures(losses, ratios, families, roofline=under)


def save(figure: Figure, path: Path) -> None:
    """Write a picture with a palette of its own: a third of what true colour takes on disk, and less of the time."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    picture.convert("RGB").quantize(COLOURS_KEPT, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path)


def slug(name: str) -> str:
    """Return a name as a part of a file's."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:60]


def loss_curves(comparison: Comparison, used: Figure | None = None) -> Figure | None:
    """Return the training loss of every arm: mean over seeds, with a band from the least to the greatest seed.

    Arms of a matched track often coincide; earlier ones are drawn wider, so that all remain visible.

    Args:
        comparison: Whose curves.
        used: Those of another comparison, to be drawn over: new axes take a quarter of the time of a picture.
    """
    trained = [(row, found) for row in comparison.rows if (found := curves.curve(row))]
    if not trained:
        return None
    figure = _wiped(used) if used else Figure(figsize=(7.2, 3.6))
    # Margins that the longest tick label fits into: to have them computed doubles the time that a picture takes.
    axes = figure.axes[0] if used else figure.add_axes((0.115, 0.13, 0.87, 0.79))
    for i, (row, found) in enumerate(trained):
        x = range(1, len(found.mean) + 1)
        style = {"color": colour(row.arm), "linestyle": DASHES[i % len(DASHES)]}
        axes.plot(
            x,
            found.mean,
            label=f"{text.one_line(row.arm, 40)} ({found.seeds} seed{'s' if found.seeds > 1 else ''})",
            linewidth=max(1.2, 4.2 - 0.9 * i),
            marker="o" if len(found.mean) <= 3 else None,
            **style,
        )
        axes.fill_between(x, found.low, found.high, color=style["color"], alpha=0.13, linewidth=0)
    every = [found for _, found in trained]
    longest = max(len(found.mean) for found in every)
    if curves.over_decades(every):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        few_decades = max(max(found.high) for found in every) < 300 * min(min(found.low) for found in every)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few_decades else (1,)))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=min(0.0, *(min(found.low) for found in every)))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=ROUND))
    axes.set_xlim(1 - 0.02 * longest, longest + 0.02 * longest)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=ROUND, integer=True))
    axes.set(title=comparison.name, xlabel="epoch", ylabel=f"training loss: {loss_words(comparison.workload.loss)}")
    axes.legend(title="mean; band: all seeds" if any(found.seeds > 1 for found in every) else None)
    return figure


def _wiped(figure: Figure) -> Figure:
    """Return a figure whose axes are as new."""
    (axes,) = figure.axes
    for artist in (*axes.lines, *axes.collections):
        artist.remove()
    axes.set_yscale("linear")
    axes.relim()
    axes.autoscale()
    return figure


def variants(family: Family) -> Figure | None:
    """Return every variant in every arm, in three panels: metric, training loss of the last epoch, train step."""
    if not any(line.row.metric or line.row.step_ms for line in family.lines):
        return None
    names = list(family.comparisons)
    arms = list(dict.fromkeys(line.row.arm for line in family.lines))
    scale = figures.Scale.of(family.lines[0].variant.workload)
    figure = Figure(figsize=(9.6, 1.3 + 0.42 * len(names)), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for line in family.lines:
        place = names.index(line.variant.name) + 0.7 * ((arms.index(line.row.arm) + 0.5) / len(arms) - 0.5)
        means = (line.row.metric, line.figures.get("train_loss"))
        for axes, mean, factor in zip(panels, means, (scale.factor, 1.0), strict=False):
            if mean is not None:
                half = (mean.half_width or 0.0) * factor
                axes.errorbar(mean.estimate * factor, place, xerr=half, fmt="o", **_ink(line.row.arm))
        if line.row.step_ms is not None:
            panels[2].errorbar(line.row.step_ms, place, fmt="o", **_ink(line.row.arm))
    for axes, name in zip(
        panels, (f"{scale.metric} {scale.unit}", "last training loss", "train step (ms)"), strict=True
    ):
        axes.set_xlabel(name.rstrip())
        axes.grid(visible=False, axis="y")
    for axes in panels[1:]:
        values = [abs(x) for x in axes.dataLim.intervalx if x > 0]
        if len(values) == 2 and max(values) > 30 * min(values):
            axes.set_xscale("log")
    panels[0].set_yticks(range(len(names)), [text.one_line(name, 40) for name in names])
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    figure.suptitle(family.name, x=0.01, ha="left", fontsize=11)
    handles = [panels[0].errorbar([], [], fmt="o", label=text.one_line(arm, 40), **_ink(arm)) for arm in arms]
    figure.legend(handles=handles, loc="outside lower left", ncols=len(arms))
    return figure


def _ink(arm: str) -> dict[str, Any]:
    return {"color": colour(arm), "markersize": 4.5, "linewidth": 1.4}


TALL = 24
"""Lines of a picture whose lower end is out of sight at its upper one, which then has the scale too."""


def forest(comparisons: Sequence[Comparison]) -> Figure | None:
    """Return all step-time ratios with their 95 % intervals on a log axis, beside 1 and the band of ±3 %."""
    groups = [(comparison, [row for row in comparison.rows if row.ratio is not None]) for comparison in comparisons]
    groups = [(comparison, rows) for comparison, rows in groups if rows]
    if not groups:
        return None
    lines = sum(len(rows) + 1 for _, rows in groups)
    figure = Figure(figsize=(7.6, 1.15 + 0.24 * lines), layout="constrained")
    axes = figure.add_subplot()
    low, high = _limits([row.ratio for _, rows in groups for row in rows if row.ratio is not None])
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.axvspan(1 / stats.SAME_RATIO, stats.SAME_RATIO, color="#999999", alpha=0.3, linewidth=0)
    axes.axvline(1, color="#444444", linewidth=1)
    y, ticks, labels = 0.0, [], []
    for comparison, rows in groups:
        name, reference = text.one_line(comparison.name, 60), text.one_line(comparison.reference, 40)
        axes.annotate(
            f"{name}, against {_with_mode(reference, {row.arm: row.mode for row in comparison.rows})}",
            (0.012, y),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            weight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
        y += 1
        for row in rows:
            _draw_ratio(axes, row, y, (low, high))
            ticks.append(y)
            labels.append(_with_mode(text.one_line(row.arm, 40), {text.one_line(row.arm, 40): row.mode}))
            y += 1
    axes.set_ylim(y - 0.4, -0.7)
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0, pad=7)
    axes.tick_params(axis="x", labeltop=lines > TALL)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("train step time ÷ that of the reference (log scale; below 1 is faster)")
    key = "Filled: a verdict. Open: a look or UNSTABLE. Grey band: ±3 %"
    axes.set_title(key, fontsize=9, color="#444444", pad=22 if lines > TALL else None)  # above the upper scale
    return figure


MARKS: Mapping[Scope, str] = {"step": "o", "inference": "^"}


def roofs(found: Roofline) -> Figure:
    """Return what every arm makes of the device, one mark for each workload, under its roofs, on log axes."""
    figure = Figure(figsize=(7.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    for line in found.lines:
        axes.plot(*zip(*line.corners, strict=True), color="#444444")
        axes.annotate(line.label, line.corners[-1], ha="right", va="bottom", fontsize=8.5)
    axes.annotate(
        roofline.memory_label(found),
        found.lines[0].corners[0],
        xytext=(14, -6),
        textcoords="offset points",
        fontsize=8.5,
    )
    for one in found.points:
        place = one.intensity, one.rate / roofline.GIGA
        axes.plot(*place, MARKS[one.scope], color=colour(one.arm), markersize=5.5, alpha=0.85)
    arms = dict.fromkeys(one.arm for one in found.points)
    keys = [("s", colour(arm), text.one_line(arm, 40)) for arm in arms]
    keys += [(MARKS[scope], "#777777", WORDS[scope].unit) for scope in dict.fromkeys(one.scope for one in found.points)]
    handles = [axes.plot([], [], mark, color=ink, label=label)[0] for mark, ink, label in keys]
    axes.set(xscale="log", yscale="log", xlabel=roofline.X, ylabel=roofline.Y)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_title("What the arms make of the device, one mark for each workload", fontsize=10)
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8.5)
    return figure


def _with_mode(arm: str, modes: Mapping[str, str | None]) -> str:
    return f"{arm} ({text.one_line(mode, 30)})" if (mode := modes.get(arm)) else arm


def _draw_ratio(axes: Any, row: Row, y: float, limits: tuple[float, float]) -> None:
    if row.ratio is None:
        return
    low, high = limits
    ink, interval = colour(row.arm), row.ratio.interval
    if interval is not None:
        axes.plot([max(interval.low, low), min(interval.high, high)], [y, y], color=ink, linewidth=2, clip_on=True)
        for end, marker in ((interval.low, "<"), (interval.high, ">")):
            if not low <= end <= high:
                axes.plot(min(max(end, low), high), y, marker=marker, color=ink, markersize=6, clip_on=False)
    claims = row.time_verdict not in {None, stats.TimeVerdict.LOOK, stats.TimeVerdict.UNSTABLE}
    axes.plot(row.ratio.estimate, y, "o", color=ink, markerfacecolor=ink if claims else "white", markersize=6)
    shown = figures.ratio(row.ratio) + ("" if interval is not None else "  one launch: no interval")
    axes.annotate(
        shown, (1.03, y), xycoords=axes.get_yaxis_transform(), va="center", fontsize=8.5, annotation_clip=False
    )


def _limits(ratios: Iterable[stats.Ratio]) -> tuple[float, float]:
    """Return the range of the axis: all estimates, and intervals as far as they do not flatten the rest."""
    ratios = list(ratios)
    least, most = min(1.0, *(r.estimate for r in ratios)), max(1.0, *(r.estimate for r in ratios))
    ends = [end for r in ratios if r.interval is not None for end in (r.interval.low, r.interval.high)]
    low = max(min([least, *ends]), least / 3)
    high = min(max([most, *ends]), most * 3)
    return min(low / 1.08, 1 / 1.1), max(high * 1.08, 1.1)


def _ticks(low: float, high: float) -> list[float]:
    """Return round ratios inside the range, more of them the shorter it is."""
    steps: Sequence[float] = (1.0, 2.0, 5.0) if high / low > 8 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    if high / low < 2:
        steps = (1.0, 1.05, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.5)
    candidates = (step * 10.0**power for power in range(-4, 6) for step in steps)
    return [tick for tick in candidates if low <= tick <= high]
