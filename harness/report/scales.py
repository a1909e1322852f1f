"""How the time of a train step grows with something: table and picture."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from harness.report import plots, text
from harness.report.figures import MISSING
from harness.report.limits import milliseconds
from harness.report.sheets import Field, Sheet
from harness.schema import ScaleLine, Scaling

NAMES = {"batch": "batch size"}


def sheet(found: Scaling) -> Sheet:
    """Return the time of a step of every arm at every value, with the exponent fitted to them."""
    values = [point.value for point in found.lines[0].points] if found.lines else []
    fixed = [
        f"{count} {name}{'s' * (count > 1)}{rest}"
        for count, name, rest in ((found.threads, "thread", ""), (found.batch_size, "sample", " in a batch"))
        if count is not None
    ]
    where = text.escape(found.gpu or found.cpu or "an unknown processor")
    what = f"Train steps of {text.code(found.workload)} in {found.precision} over {text.escape(_name(found))}"
    return Sheet(
        name="scaling",
        about=(
            f"{', '.join([what, f'on {where}', *fixed])}: milliseconds, the median of rounds in which arms took "
            "turns. Exponent: b of time ∝ valueᵇ, fitted to all values, with the 95 % interval of the fit. Bends: the "
            "value at which the exponent between neighbours changes most, by a quarter at least."
        ),
        header=("arm", *(f"{value:,} (ms)" for value in values), "exponent [95 %]", "bends"),
        names=1,
        keys=tuple((found.workload, one.arm) for one in found.lines),
        rows=tuple((Field(one.arm), *map(milliseconds, one.points), _exponent(one), _bend(one)) for one in found.lines),
    )


def picture(found: Scaling) -> Figure:
    """Return every arm's times over what was varied, on log axes."""
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.add_subplot()
    for one in found.lines:
        known = [(point.value, point.ms) for point in one.points if point.ms is not None]
        if known:
            label = one.arm if one.exponent is None else f"{one.arm}, exponent {one.exponent:.2f}"
            axes.plot(*zip(*known, strict=True), "o-", color=plots.colour(one.arm), label=text.one_line(label, 60))
    values = [point.value for point in found.lines[0].points] if found.lines else []
    axes.set(xscale="log", yscale="log", xlabel=_name(found), ylabel="train step (ms)")
    axes.set_xticks(values, [f"{value:,}" for value in values])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    for formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_title(f"{found.workload} in {found.precision} over {_name(found)}", fontsize=10)
    if axes.lines:
        axes.legend(fontsize=8.5)
    return figure


def _name(found: Scaling) -> str:
    return NAMES.get(found.over, found.over.replace("_", " "))


def _exponent(one: ScaleLine) -> Field:
    if one.exponent is None:
        return Field(MISSING, note="fewer than two values were measured")
    shown = f"{one.exponent:.2f}"
    if one.low is None or one.high is None:
        return Field(shown, one.exponent, "two values: no interval")
    return Field(f"{shown} [{one.low:.2f}, {one.high:.2f}]", one.exponent)


def _bend(one: ScaleLine) -> Field:
    if one.bend is None:
        return Field(MISSING)
    return Field(f"at {one.bend.value:,}: {one.bend.before:.2f} to {one.bend.after:.2f}", one.bend.value)
