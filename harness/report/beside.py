"""What is shown of inference by batch size, of latency, and of how soon a target is reached, beside a comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from harness import stats
from harness.report import latency, targets, text, throughput
from harness.report.comparison import Comparison, FurtherRace
from harness.report.evidence import Noted
from harness.report.figures import MISSING, Cells, Notes
from harness.report.remarks import named
from harness.report.tables import table
from harness.report.targets import Reach, Spread
from harness.report.text import number

ABOUT_SWEEP = (
    "Forward passes by batch size, in inference mode, over training samples (which repeat where a batch is larger than "
    "their number), raced in the same processes after the train steps. Samples a second are all samples over all "
    "seconds of undisturbed blocks:"
)


def sweep(cells: Cells) -> str:
    """Return the race of every batch size as one table, the smallest first."""
    comparison = cells.comparison
    found = throughput.sweep(comparison)
    references = dict.fromkeys(race.reference for _, race in found)
    reference = named(next(iter(references)) if len(references) == 1 else None)
    rows = (
        [f"{size:,}", text.code(row.arm), step, rate(race, row.arm, size, cells.notes), *others]
        for size, race in found
        for row in race.rows
        for step, *others in [cells.further(row, race)]
    )
    header = [
        "batch",
        "arm",
        "forward pass (ms)",
        "samples/s [95 %]",
        f"ratio to {reference} [95 %]",
        "time",
        "launches",
    ]
    return table(header, rows, right=(0, 2, 3, 4, 6))


def rate(race: FurtherRace, arm: str, size: int, notes: Notes) -> str:
    """Return an arm's samples a second."""
    return noted(throughput.rate(race.evidence[arm], size), notes, whole)


def whole(value: float) -> str:
    """Return samples a second, without decimals where there are many."""
    return f"{value:,.0f}" if value >= 1000 else number(value)


def noted(found: Noted, notes: Notes, show: Callable[[float], str] = number) -> str:
    """Return a figure with its interval, and its note."""
    return notes.mark(MISSING if found.level is None else level(found.level, show), found.note)


def level(found: stats.Level, show: Callable[[float], str] = number) -> str:
    """Return a figure over launches with its interval."""
    ends = found.interval
    return show(found.estimate) + (f" [{show(ends.low)}, {show(ends.high)}]" if ends else "")


def about_latency(race: FurtherRace) -> str:
    """Return what was done, and which percentiles these are."""
    about = race.words.about.rstrip(":")
    of = f"in batches of {race.leg.batch_size}" if race.leg.batch_size != 1 else "of one sample"
    return f"{about}. Passes {of}; percentiles of each launch, the geometric mean of launches [95 %]:"


def latencies(cells: Cells, race: FurtherRace) -> str:
    """Return the percentiles of every arm, and the race of their medians."""
    header = ["arm", *(f"{name} (ms) [95 %]" for name in latency.SHARES)]
    header += [f"ratio of medians to {named(race.reference)} [95 %]", "time", "launches"]
    rows = (
        [text.code(row.arm), *percentiles(race, row.arm, cells.notes), *others]
        for row in race.rows
        for _, *others in [cells.further(row, race)]
    )
    return table(header, rows, right=(1, 2, 3, 4, 6))


def percentiles(race: FurtherRace, arm: str, notes: Notes, *, short: bool = False) -> Iterator[str]:
    """Yield an arm's percentiles; short ones are without their intervals."""
    for found in latency.percentiles(race.evidence[arm]).values():
        if short and found.level:
            yield notes.mark(number(found.level.estimate), found.note)
        else:
            yield noted(found, notes)


def about_targets(comparison: Comparison) -> str:
    """Return what is told of targets, and where the times come from."""
    source = {
        "epoch": "epochs until then × a raced epoch",
        "step": "steps until then × a raced train step over staged batches, without what feeds it",
    }[targets.pace(comparison)]
    return (
        "Until the metric after an epoch first meets the target; over seeds, median [least, greatest]. Time: "
        f"{source}; without first step and compilation. A training that never meets it is censored: it counts as "
        "longer (>) than what it was given, and is left out of nothing; where of the two in the middle one is "
        "censored, the median is more than their mean:"
    )


def reached(comparison: Comparison, notes: Notes) -> str:
    """Return how soon every arm reaches the target."""
    header = ["arm", "trainings that reach it", "epochs", "train steps", "time (s)", "energy (J)"]
    rows = ([text.code(reach.arm), *reach_cells(reach, notes)] for reach in targets.reaches(comparison))
    return table(header, rows, right=range(1, len(header)))


def reach_cells(reach: Reach, notes: Notes) -> list[str]:
    """Return the cells of an arm: how many reach the target, and after how many epochs, steps, seconds and joules."""
    return [
        f"{reach.reached} of {reach.seeds}",
        spread(reach.epochs, count),
        spread(reach.steps, count),
        notes.mark(spread(reach.seconds), reach.notes.get("seconds")),
        notes.mark(spread(reach.joules), reach.notes.get("joules")),
    ]


def count(value: float) -> str:
    """Return a number of epochs or steps; the median of two may lie between them."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def spread(found: Spread | None, show: Callable[[float], str] = number) -> str:
    """Return median, least and greatest; what is censored as more than is known of it."""
    if found is None:
        return MISSING
    known = ((found.median, found.beyond), (found.least, found.censored), (found.most, found.censored))
    median, least, most = (f"> {show(bound)}" if math.isinf(value) else show(value) for value, bound in known)
    return median if least == most else f"{median} [{least}, {most}]"


def parts(cells: Cells, further: Callable[[FurtherRace], str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield what was measured beside train steps: what is to be said of it, its table, and which picture goes with it.

    Args:
        cells: Of the comparison.
        further: Makes the table of a race that has none of its own form.
    """
    swept = {id(race) for _, race in throughput.sweep(cells.comparison)}
    if swept:
        yield ABOUT_SWEEP, sweep(cells), "throughput"
    for race in cells.comparison.further:
        if race.scope == "latency":
            yield about_latency(race), latencies(cells, race), "latency"
        elif id(race) not in swept:
            yield race.words.about, further(race), None
    if targets.reaches(cells.comparison):
        yield about_targets(cells.comparison), reached(cells.comparison, cells.notes), "target"
