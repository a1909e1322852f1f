"""What a GPU did during each race, with as many points as a page has room for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from harness.dashboard.facets import Facets, named, rounded
from harness.measure.timeline import MOST_POINTS
from harness.report import gpu, text
from harness.report.gpu import PANELS, SHOWN, Watched
from harness.schema import Quantity, Timeline

MOST, EVERY = 100, 2_400
"""Races that are drawn, the first ones, and points that they have together: some 60 bytes each."""


def timelines(watched: Sequence[Watched], facets: Facets) -> list[dict[str, Any]]:
    """Return every race's timeline, the first ones where there are many: the table has all."""
    drawn = watched[:MOST]
    points = max(EVERY // MOST, min(MOST_POINTS, EVERY // max(1, len(drawn))))
    return [_timeline(one, points, facets) for one in drawn]


def _timeline(one: Watched, points: int, facets: Facets) -> dict[str, Any]:
    told = one.drawn
    size = math.ceil(len(told.counts) / points)
    return {
        "name": named(one.name),
        "k": facets.key(one.comparison),
        "about": text.one_line(one.about),
        "end": rounded(gpu.seconds(told)),
        "at": [rounded(at / 1e3) for at in told.at_ms[::size]],
        "panels": [
            {"label": label, "lines": lines}
            for label, quantities in PANELS.items()
            if (lines := [line for quantity in quantities if (line := _line(told, quantity, size))])
        ],
        "held": [
            [rounded(span.begin), rounded(span.end), named(", ".join(span.reasons))] for span in gpu.throttled(told)
        ],
        "blocks": [
            {"a": facets.arms[arm], "at": [[rounded(begin / 1e3), rounded(end / 1e3)] for begin, end in blocks]}
            for arm, blocks in told.blocks.items()
            if arm in facets.arms and blocks
        ],
    }


def _line(told: Timeline, quantity: Quantity, size: int) -> dict[str, Any] | None:
    """Return one quantity with so many points put together to one; least and greatest only where they differ."""
    values = gpu.values(told, quantity)
    if values is None:
        return None
    mean, low, high = values
    weighed = [[value * count, count] for value, count in zip(mean, told.counts, strict=True)]
    means = [_mean(weighed[start : start + size]) for start in range(0, len(weighed), size)]
    lows, highs = _each(low, size, min), _each(high, size, max)
    line = {"name": SHOWN[quantity].name, "unit": SHOWN[quantity].unit, "mean": means}
    return line if lows == highs else line | {"low": lows, "high": highs}


def _mean(weighed: Sequence[Sequence[float]]) -> float | None:
    told = [(value, count) for value, count in weighed if not math.isnan(value)]
    return rounded(sum(value for value, _ in told) / sum(count for _, count in told), 4) if told else None


def _each(values: Sequence[float], size: int, take: Callable[[list[float]], float]) -> list[float | None]:
    parts = (values[start : start + size] for start in range(0, len(values), size))
    return [rounded(take(told), 4) if (told := [v for v in part if not math.isnan(v)]) else None for part in parts]
