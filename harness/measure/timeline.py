"""From samples of a GPU to what is kept of them: few enough points, with the least and the greatest of each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from harness.schema import Quantity, Series, Timeline, Values

if TYPE_CHECKING:
    from harness.measure.gpu import Sample, Sampler

MOST_POINTS = 240
"""Points of a timeline: as many as a picture shows apart."""

NO_THROTTLE = frozenset({"gpu_idle", "applications_clocks_setting", "sync_boost", "display_clock_setting"})
"""Reasons that are none of throttling: it idles, or somebody has set its clocks. All others are (power, heat, the
board, reliability), one that has no name here too: better a doubt than a blind spot."""

Spans = Mapping[str, Sequence[tuple[int, int]]]
"""By arm, when each of its blocks began and ended, by the clock of the samples, in ns."""


def is_throttled(reasons: Sequence[str]) -> bool:
    """Return whether the device holds itself back for any of these reasons."""
    return any(reason not in NO_THROTTLE for reason in reasons)


def timeline(sampler: Sampler, blocks: Spans) -> Timeline | None:
    """Return what is kept of a sampler's samples; None if it has none, and its ``lost`` then says why.

    Args:
        sampler: One whose context has ended.
        blocks: What ran meanwhile.
    """
    samples, gpu = tuple(sampler.samples), sampler.gpu
    if gpu is None or not samples:
        return None
    size = math.ceil(len(samples) / MOST_POINTS)
    points = [samples[start : start + size] for start in range(0, len(samples), size)]
    began = samples[0].at_ns
    told = [sample.reasons for sample in samples if sample.reasons is not None]
    series = {name: one for name in get_args(Quantity) if (one := _series(points, name))}
    missing = {name for name in get_args(Quantity) if name not in series} | ({"clock_reasons"} if not told else set())
    return Timeline(
        **gpu.identity,
        source=gpu.source,
        period_ms=sampler.period_s * 1e3,
        samples=len(samples),
        counts=[len(point) for point in points],
        at_ms=[_ms(point[0].at_ns - began) for point in points],
        series=series,
        clock_reasons=[_together(point) for point in points],
        reasons=dict(Counter(reason for reasons in told for reason in reasons)) if told else None,
        throttled=sum(map(is_throttled, told)) if told else None,
        asked=len(told),
        untold={name: gpu.untold.get(name, "NVML gave nothing") for name in sorted(missing)},
        blocks={arm: [(_ms(start - began), _ms(end - began)) for start, end in spans] for arm, spans in blocks.items()},
        lost=sampler.lost,
    )


def _series(points: Sequence[Sequence[Sample]], name: Quantity) -> Series | None:
    """Return one quantity of every point; None if it was never told."""
    told = [[sample.told[name] for sample in point if name in sample.told] for point in points]
    if not any(told):
        return None
    if name == "energy_mj":  # the counter is of all the time since the driver was loaded
        first = next(values[0] for values in told if values)
        told = [[value - first for value in values] for values in told]
    mean: Values = [_whole(sum(values) / len(values)) if values else None for values in told]
    low: Values = [min(values, default=None) for values in told]
    high: Values = [max(values, default=None) for values in told]
    return Series(mean=mean) if low == high else Series(mean=mean, low=low, high=high)


def _whole(value: float) -> int | float:
    """Return a mean to a tenth, as an integer where it is one."""
    tenth = round(value, 1)
    return int(tenth) if tenth.is_integer() else tenth


def _together(point: Sequence[Sample]) -> list[str] | None:
    told = [sample.reasons for sample in point if sample.reasons is not None]
    return sorted({reason for reasons in told for reason in reasons}) if told else None


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 1)
