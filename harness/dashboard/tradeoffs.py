"""What an arm gives for what it takes: points in a plane, and those that no other beats in both respects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.dashboard.facets import Facets, rounded
from harness.report import figures
from harness.report.comparison import Comparison
from harness.report.row import Row
from harness.report.text import number


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Return which points are on the Pareto front, where less is better in both respects.

    A point is off the front if another is at least as good in both respects and better in one.
    """
    return [not any(x <= a and y <= b and (x, y) != (a, b) for x, y in points) for a, b in points]


def throughput(comparison: Comparison, row: Row) -> float | None:
    """Return training samples a second, on staged batches; None without a step time."""
    return None if row.step_ms is None else comparison.workload.batch_size * 1e3 / row.step_ms


def accuracy_and_time(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    """Return every arm with both; None if there is none."""
    scale, sign = figures.Scale.of(comparison.workload), 1 if comparison.workload.less_is_better else -1
    found = [(row, row.metric, row.step_ms) for row in comparison.rows if row.metric and row.step_ms]
    best = front([(step_ms, sign * mean.estimate) for _, mean, step_ms in found])
    points = [
        {
            "a": facets.arms[row.arm],
            "x": rounded(step_ms),
            "y": rounded(mean.estimate * scale.factor, 8),
            "low": mean.interval and rounded(mean.interval.low * scale.factor, 8),
            "high": mean.interval and rounded(mean.interval.high * scale.factor, 8),
            "front": on,
            "told": [
                f"train step {number(step_ms)} ms",
                f"{scale.metric} {figures.metric(mean, scale)} {scale.unit}".rstrip(),
            ],
        }
        for (row, mean, step_ms), on in zip(found, best, strict=True)
    ]
    unit = f" ({scale.unit})" if scale.unit else ""
    better = "less" if comparison.workload.less_is_better else "more"
    return _plane("train step (ms)", f"{scale.metric}{unit}, {better} is better", points)


def memory_and_throughput(comparison: Comparison, facets: Facets) -> dict[str, Any] | None:
    """Return every arm with both; None if there is none."""
    rates = [(row, row.peak_rss_mib, throughput(comparison, row)) for row in comparison.rows]
    found = [(row, mib, rate) for row, mib, rate in rates if mib is not None and rate is not None]
    best = front([(mib, -rate) for _, mib, rate in found])
    points = [
        {
            "a": facets.arms[row.arm],
            "x": rounded(mib),
            "y": rounded(rate),
            "low": None,
            "high": None,
            "front": on,
            "told": [f"peak host memory {mib:,.0f} MiB", f"{number(rate)} samples/s"],
        }
        for (row, mib, rate), on in zip(found, best, strict=True)
    ]
    return _plane("peak host memory (MiB)", "training (samples/s), more is better", points)


def _plane(x: str, y: str, points: list[dict[str, Any]]) -> dict[str, Any] | None:
    return {"x": x, "y": y, "points": points} if points else None
