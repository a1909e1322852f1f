"""Pictures of what a GPU did during a race: utilisation, power, clocks and memory over the same time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.report import figures, gpu, text
from harness.report.gpu import Watched
from harness.report.plots import DASHES, ROUND, STYLE, colour, save, slug
from harness.report.summary import Summary
from harness.schema import FROM_NVML

INK = "#222222"
"""Of quantities, which are no arm's."""

HELD: Mapping[str, Any] = {
    "facecolor": "#999999",
    "alpha": 0.35,
    "hatch": "////",
    "edgecolor": "#555555",
    "linewidth": 0,
}
"""The time in which the device held itself back."""


def draw(summary: Summary, folder: Path) -> dict[str, str]:
    """Draw the first races that have a timeline into a folder, and return the files' names by race.

    Raises:
        OSError: If the folder cannot be written.
    """
    drawn: dict[str, str] = {}
    with rc_context(dict(STYLE)):
        for i, one in enumerate(gpu.watched(summary.comparisons)[: figures.MOST]):
            drawn[one.name] = f"gpu-{i + 1:02}-{slug(one.name)}.png"
            save(timeline(one), folder / drawn[one.name])
    return drawn


def timeline(one: Watched) -> Figure:
    """Return the panels of ``gpu.PANELS``, throttled spans shaded in all, and below them the blocks of every arm."""
    told, spans = one.drawn, gpu.throttled(one.drawn)
    arms = [arm for arm, blocks in told.blocks.items() if blocks]
    heights = [*[1.0] * len(gpu.PANELS), *([0.17 + 0.17 * len(arms)] if arms else [])]
    figure = Figure(figsize=(7.6, 1.2 + 1.15 * sum(heights)), layout="constrained")
    panels = list(figure.subplots(len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights}))
    for axes, (label, quantities) in zip(panels, gpu.PANELS.items(), strict=False):
        for span in spans:
            axes.axvspan(span.begin, span.end, **HELD)
        _panel(axes, one, label, quantities)
    if arms:
        _blocks(panels[-1], told.blocks, arms)
    panels[-1].set_xlim(0, gpu.seconds(told))
    panels[-1].set_xlabel("seconds since the first sample")
    figure.align_ylabels(panels)
    replayed = "" if told.source == FROM_NVML else "REPLAYED, not measured: "
    device = text.one_line(told.device or "a device without a name", 40)
    figure.suptitle(f"{replayed}{text.one_line(one.name, 60)} on {device}", x=0.01, ha="left", fontsize=11)
    handles: list[Any] = [line for axes in panels for line in axes.lines if not line.get_label().startswith("_")]
    if max(told.counts) > 1:
        handles.append(Patch(facecolor=INK, alpha=0.18, label=f"least to greatest of {max(told.counts)} samples"))
    if spans:
        reasons = ", ".join(dict.fromkeys(reason for span in spans for reason in span.reasons))
        handles.append(Patch(**HELD, label=f"throttled: {reasons}"))
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))
    return figure


def _panel(axes: Any, one: Watched, label: str, quantities: tuple[Any, ...]) -> None:
    told, top = one.drawn, 0.0
    x = [at / 1e3 for at in told.at_ms]
    for quantity, dash in zip(quantities, DASHES, strict=False):
        shown = gpu.values(told, quantity)
        if shown is None:
            continue
        mean, low, high = shown
        name = gpu.SHOWN[quantity].name if len(quantities) > 1 else None
        axes.plot(x, mean, color=INK, linestyle=dash, linewidth=1.1, label=name, drawstyle="steps-post")
        if max(told.counts) > 1:
            axes.fill_between(x, low, high, color=INK, alpha=0.18, linewidth=0, step="post")
        top = max(top, *(value for value in high if not math.isnan(value)))
    axes.set_ylabel(label)
    axes.set_ylim(0, 105 if label.endswith("(%)") else 1.08 * top or 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=ROUND))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    if not top and not any(quantity in told.series for quantity in quantities):
        reason = told.untold.get(quantities[0], "")
        axes.annotate(f"not told ({reason})", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")


def _blocks(axes: Any, blocks: dict[str, list[tuple[float, float]]], arms: list[str]) -> None:
    for row, arm in enumerate(arms):
        bars = [(begin / 1e3, (end - begin) / 1e3) for begin, end in blocks[arm]]
        # A block of a tenth of a second is narrower than a pixel of a long race: an edge keeps it in sight.
        axes.broken_barh(bars, (row - 0.35, 0.7), color=colour(arm), linewidth=0.6)
    axes.set_yticks(range(len(arms)), [text.one_line(arm, 24) for arm in arms], fontsize=8)
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_ylabel("blocks")
    axes.grid(visible=False, axis="y")
