"""What memory a train step takes by batch size: table and picture."""

from __future__ import annotations

import itertools

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from harness.report import plots, text
from harness.report.figures import MISSING
from harness.report.sheets import Field, Sheet
from harness.schema import MemoryLine, MemorySweep

DASHES = ("-", "--", ":", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)))
MARKERS = "os^vD"
"""One fewer than dashes, so that thirty kinds have a look of their own."""


def sheet(found: MemorySweep) -> Sheet:
    """Return of every variant, arm and precision the largest batch that fits, and what a sample takes."""
    kinds = list(dict.fromkeys(map(_kind, found.lines)))
    whole = {one.arm: one.sample_bytes for one in found.lines if _kind(one) == kinds[0]}
    process = "the process, its framework, the data set and what compiling the first step takes included"
    where = "the framework's pool" if found.gpu else process
    limit = "what the GPU gives" if found.limit_bytes is None else f"{found.limit_bytes / 2**20:,.0f} MiB"
    samples = " or ".join(f"{count:,}" for count in sorted({one.samples for one in found.lines}))
    several = len({one.workload for one in found.lines}) > 1
    first = _called(found, kinds[0]) if kinds else "the first"
    return Sheet(
        name="memory",
        about=(
            f"Train steps of {text.code(found.workload)} on {text.escape(found.gpu or found.cpu or 'a processor')}, "
            f"{found.threads} thread{'s' * (found.threads > 1)}: peak memory of {where}, each batch size in a fresh "
            f"process. Largest: the largest batch within {limit}, to 5 %, by doubling and bisection, of {samples} "
            f"samples at the most. A sample: what a further one takes, between the smallest and the largest batch that "
            f"fit; beside it how many times as much as of {first}."
        ),
        header=(
            *(("variant",) if several else ()),
            *("arm", "precision", "smallest (MiB)", "largest", "at it (MiB)", "a sample (KiB)", f"of {first}"),
        ),
        names=2 + several,
        keys=tuple((one.workload, one.arm) for one in found.lines),
        rows=tuple(
            (*((Field(_variant(one.workload)),) if several else ()), *_row(one, whole.get(one.arm)))
            for one in found.lines
        ),
    )


def _kind(one: MemoryLine) -> tuple[str, str]:
    return one.workload, one.precision


def _variant(workload: str) -> str:
    return workload.rpartition(".")[2]


def _called(found: MemorySweep, kind: tuple[str, str]) -> str:
    """Return a kind by what tells it from the others."""
    workload, precision = kind
    told = (_variant(workload),) if len({one.workload for one in found.lines}) > 1 else ()
    if not told or len({one.precision for one in found.lines}) > 1:
        told = *told, precision
    return " in ".join(told)


def _row(one: MemoryLine, whole: float | None) -> tuple[Field, ...]:
    fit = {point.batch: peak for point in one.points if point.fits and (peak := point.peak_bytes) is not None}
    few = min(fit, default=None)
    reason = next((point.reason for point in one.points if point.reason), None)
    return (
        Field(one.arm),
        Field(one.precision),
        Field(MISSING) if few is None else Field(f"{fit[few] / 2**20:,.0f}", fit[few], f"a batch of {few:,}"),
        _largest(one, reason),
        Field(f"{fit[one.largest] / 2**20:,.0f}", fit[one.largest]) if one.largest in fit else Field(MISSING),
        Field(MISSING) if one.sample_bytes is None else Field(f"{one.sample_bytes / 2**10:,.1f}", one.sample_bytes),
        Field(f"{one.sample_bytes / whole:.2f}") if one.sample_bytes and whole else Field(MISSING),
    )


def _largest(one: MemoryLine, reason: str | None) -> Field:
    if one.largest is None:
        return Field(MISSING, note=reason or "not even one sample fits")
    told = f"all {one.samples:,} samples fit at once" if one.largest == one.samples else None
    return Field(f"{one.largest:,}", one.largest, f"at least: {reason}" if reason else told)


def picture(found: MemorySweep) -> Figure:
    """Return every arm's peak over the batch size, both from zero, with the limit."""
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.add_subplot()
    looks = zip(itertools.cycle(DASHES), itertools.cycle(MARKERS), strict=False)
    styles = dict(zip(dict.fromkeys(map(_kind, found.lines)), looks, strict=False))
    for one in found.lines:
        known = [(point.batch, peak / 2**20) for point in one.points if (peak := point.peak_bytes) is not None]
        if known:
            label = text.one_line(f"{one.arm} · {_called(found, _kind(one))}", 60)
            colour, (dashes, marker) = plots.colour(one.arm), styles[_kind(one)]
            axes.plot(*zip(*known, strict=True), marker=marker, linestyle=dashes, color=colour, label=label)
    if found.limit_bytes is not None:
        axes.axhline(found.limit_bytes / 2**20, color="0.4", linewidth=1)
        axes.annotate("limit", (0, found.limit_bytes / 2**20), (4, 3), textcoords="offset points", fontsize=8.5)
    axes.set(xlabel="batch size (samples)", ylabel="peak memory (MiB)", xlim=(0, None), ylim=(0, None))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_title(f"{found.workload}: memory of a train step", fontsize=10)
    if axes.lines:
        axes.legend(fontsize=8.5)
    return figure
