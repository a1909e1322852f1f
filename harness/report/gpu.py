"""What a GPU did while arms raced on it: the timelines of a run, ready to be told and drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.measure.timeline import is_throttled
from harness.report import text
from harness.report.comparison import Comparison
from harness.report.evidence import Evidence
from harness.report.figures import MISSING
from harness.report.sheets import Field, Sheet
from harness.report.text import number
from harness.schema import FROM_NVML, Quantity, Timeline

ENERGY_S = 10.0
"""The counter of energy changes every tenth of a second: a shorter time may be wrong by more than a hundredth."""


@dataclass(frozen=True)
class Shown:
    """How a quantity is shown: its name, its unit, and what its values are multiplied with for that."""

    name: str
    unit: str
    factor: float = 1.0

    @property
    def label(self) -> str:
        """Name and unit."""
        return f"{self.name} ({self.unit})"


SHOWN: Mapping[Quantity, Shown] = {
    "utilisation_percent": Shown("utilisation", "%"),
    "power_mw": Shown("power", "W", 1e-3),
    "sm_clock_mhz": Shown("SM clock", "MHz"),
    "memory_clock_mhz": Shown("memory clock", "MHz"),
    "memory_used_bytes": Shown("memory", "GiB", 2**-30),
    "temperature_c": Shown("temperature", "°C"),
}
"""Those that have a mean and a maximum, in the order in which they are told."""

PANELS: Mapping[str, tuple[Quantity, ...]] = {
    "utilisation (%)": ("utilisation_percent",),
    "power (W)": ("power_mw",),
    "clocks (MHz)": ("sm_clock_mhz", "memory_clock_mhz"),
    "memory (GiB)": ("memory_used_bytes",),
}
"""What is drawn one below the other, over the same time."""


@dataclass(frozen=True)
class Watched:
    """One race during which a GPU was sampled.

    Attributes:
        name: Unique within a run.
        launches: Its timelines, by launch.
        asked: Launches that the suite asks for.
    """

    comparison: Comparison
    name: str
    launches: Mapping[int, Timeline]
    asked: int

    @property
    def drawn(self) -> Timeline:
        """The timeline that is drawn: that of the first launch which has one."""
        return self.launches[min(self.launches)]

    @property
    def about(self) -> str:
        """What is drawn, in a sentence."""
        one, launch = self.drawn, min(self.launches)
        told = f"Launch {launch + 1} of {self.asked}: {seconds(one):,.1f} s, {one.samples:,} samples"
        if one.throttled is None:
            told += "; whether it was throttled is not known"
        elif one.throttled:
            told += f"; throttled in {100 * one.throttled / one.asked:.1f} % of them ({_shares([one])})"
        else:
            told += "; never throttled"
        return f"{told}.{f' Sampling ended early: {one.lost}.' if one.lost else ''}"


@dataclass(frozen=True)
class Span:
    """A stretch of time in which a device held itself back, in seconds, and why."""

    begin: float
    end: float
    reasons: tuple[str, ...]


def watched(comparisons: Iterable[Comparison]) -> list[Watched]:
    """Return every race that has a timeline, in the order of the comparisons."""
    found = []
    for comparison in comparisons:
        races = [(comparison.name, comparison.evidence)]
        races += [(f"{comparison.name} · {race.label}", race.evidence) for race in comparison.further]
        for name, evidence in races:
            if launches := dict(_timelines(evidence.values())):
                found.append(Watched(comparison, name, dict(sorted(launches.items())), comparison.launches))
    return found


def _timelines(found: Iterable[Evidence]) -> Iterator[tuple[int, Timeline]]:
    for evidence in found:
        for launch, record in evidence.raced.items():
            if record.timing is not None and record.timing.gpu is not None:
                yield launch, record.timing.gpu


def seconds(one: Timeline) -> float:
    """Return how long a timeline is: from its first sample to a period after its last."""
    return (one.at_ms[-1] + one.counts[-1] * one.period_ms) / 1e3


def throttled(one: Timeline) -> list[Span]:
    """Return when the device held itself back, to a point, neighbours with the same reasons as one."""
    ends = [*one.at_ms[1:], seconds(one) * 1e3]
    spans: list[Span] = []
    for begin, end, reasons in zip(one.at_ms, ends, one.clock_reasons, strict=True):
        if not reasons or not is_throttled(reasons):
            continue
        named = tuple(reason for reason in reasons if is_throttled([reason]))
        if spans and spans[-1].reasons == named and spans[-1].end == begin / 1e3:
            spans[-1] = Span(spans[-1].begin, end / 1e3, named)
        else:
            spans.append(Span(begin / 1e3, end / 1e3, named))
    return spans


def values(one: Timeline, quantity: Quantity) -> tuple[list[float], list[float], list[float]] | None:
    """Return mean, least and greatest of a quantity at every point, as shown; not a number where it was not told."""
    series = one.series.get(quantity)
    if series is None:
        return None
    factor = SHOWN[quantity].factor
    columns = (
        [math.nan if value is None else value * factor for value in column]
        for column in (series.mean, series.lowest, series.highest)
    )
    mean, low, high = columns
    return mean, low, high


def sheet(found: Sequence[Watched]) -> Sheet:
    """Return what the device did in every race, over all of its launches."""
    return Sheet(
        name="gpu",
        about=" ".join(_about(found)),
        header=(
            "race",
            "launches",
            "samples",
            *(shown.label for shown in SHOWN.values()),
            "energy (J)",
            "throttled (% of samples)",
            "processes of others",
        ),
        names=1,
        keys=tuple((one.comparison.workload.name, "") for one in found),
        rows=tuple(_row(one) for one in found),
    )


def _about(found: Sequence[Watched]) -> Iterator[str]:
    every = [one for race in found for one in race.launches.values()]
    if replayed := dict.fromkeys(one.source for one in every if one.source != FROM_NVML):
        yield f"**No device was measured here: {'; '.join(text.escape(source) for source in replayed)}.**"
    devices = dict.fromkeys(f"{one.device or 'a device without a name'}, driver {one.driver or '–'}" for one in every)
    periods = dict.fromkeys(f"{one.period_ms:g} ms" for one in every)
    yield (
        f"{'; '.join(text.escape(device) for device in devices)}: what NVML told every {' or '.join(periods)} from the "
        "first warm-up of a race to its last block. Mean / maximum over all launches. Utilisation is the share of time "
        "with any kernel at all, over the driver's own sixth of a second to a second; power of most devices is a mean "
        "over a second. So they are of the race: blocks of a tenth of a second are shorter than what one value is "
        "taken over, and no arm can be told by them. Memory is the driver's view, of all processes. Energy is that of "
        "one launch, the mean of all. Throttled: samples in which the device held its clocks back for power, heat or "
        "reliability; not that it idled, nor that somebody had set its clocks. Processes of others: the most at a time."
    )


def _row(one: Watched) -> tuple[Field, ...]:
    lines = list(one.launches.values())
    lost = next((line.lost for line in lines if line.lost), None)
    return (
        Field(one.name),
        Field(f"{len(lines)} of {one.asked}", len(lines)),
        Field(
            f"{sum(line.samples for line in lines):,}",
            sum(line.samples for line in lines),
            None if lost is None else f"sampling ended early: {lost}",
        ),
        *(_quantity(lines, quantity) for quantity in SHOWN),
        _energy(lines),
        _throttled(lines),
        _foreign(lines),
    )


def _quantity(lines: Sequence[Timeline], quantity: Quantity) -> Field:
    shown = SHOWN[quantity]
    weighed = [
        (value, count)
        for line in lines
        if quantity in line.series
        for value, count in zip(line.series[quantity].mean, line.counts, strict=True)
        if value is not None
    ]
    if not weighed:
        return _untold(lines, quantity)
    mean = sum(value * count for value, count in weighed) / sum(count for _, count in weighed)
    most = max(value for line in lines if quantity in line.series for value in _known(line, quantity))
    return Field(f"{number(mean * shown.factor)} / {number(most * shown.factor)}", mean * shown.factor)


def _known(line: Timeline, quantity: Quantity) -> list[float]:
    return [value for value in line.series[quantity].highest if value is not None]


def _energy(lines: Sequence[Timeline]) -> Field:
    told = [line for line in lines if "energy_mj" in line.series]
    if not told:
        return _untold(lines, "energy_mj")
    joules = sum(max(_known(line, "energy_mj")) for line in told) / len(told) / 1e3
    short = min(map(seconds, told)) < ENERGY_S
    note = f"less than {ENERGY_S:g} s in a launch: the counter is too coarse for so short a time"
    return Field(number(joules), joules, note if short else None)


def _throttled(lines: Sequence[Timeline]) -> Field:
    told = [line for line in lines if line.throttled is not None and line.asked]
    if not told:
        return _untold(lines, "clock_reasons")
    share = 100 * sum(line.throttled or 0 for line in told) / sum(line.asked for line in told)
    note = "; ".join(part for part in (_shares(told), _within(told) if share else "") if part)
    return Field(f"{share:.1f}", share, note or None)


def _within(told: Sequence[Timeline]) -> str:
    """Return in what share of the points within each arm's blocks the device held itself back: not the same for all.

    A fast arm may draw more power than a slow one, and is slowed for it.
    """
    seen: dict[str, list[bool]] = {}
    for one in told:
        for at, reasons in zip(one.at_ms, one.clock_reasons, strict=True):
            for arm, blocks in one.blocks.items():
                if reasons is not None and any(begin <= at <= end for begin, end in blocks):
                    seen.setdefault(arm, []).append(is_throttled(reasons))
    shares = (f"{arm} {100 * sum(each) / len(each):.0f} % of {len(each)}" for arm, each in seen.items())
    return f"of points within blocks: {listed}" if (listed := ", ".join(shares)) else ""


def _shares(told: Sequence[Timeline]) -> str:
    """Return in what share of samples the device held itself back for which reason."""
    asked = sum(line.asked for line in told)
    counts: dict[str, int] = {}
    for line in told:
        for reason, count in (line.reasons or {}).items():
            if is_throttled([reason]):
                counts[reason] = counts.get(reason, 0) + count
    return ", ".join(f"{reason} {100 * count / asked:.1f} %" for reason, count in sorted(counts.items()))


def _foreign(lines: Sequence[Timeline]) -> Field:
    most = [
        value for line in lines if "foreign_processes" in line.series for value in _known(line, "foreign_processes")
    ]
    return Field(f"{max(most):g}", max(most)) if most else _untold(lines, "foreign_processes")


def _untold(lines: Sequence[Timeline], what: str) -> Field:
    return Field(MISSING, note=next((line.untold[what] for line in lines if what in line.untold), None))
