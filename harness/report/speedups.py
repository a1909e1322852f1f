"""What mixed precision makes of an arm: bfloat16 beside float32 on the same workload, in the same track."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness import stats
from harness.report.comparison import Comparison, same_arms
from harness.report.evidence import Evidence
from harness.report.race import median_step_seconds
from harness.report.row import Row


@dataclass(frozen=True)
class Speedup:
    """One arm at both precisions.

    The two were not measured side by side, so there is no verdict: their launches are two samples, not pairs.

    Attributes:
        comparison: That of bfloat16.
        factor: Step time in float32 over that in bfloat16; above 1 bfloat16 is faster.
        interval: 95 %, Welch's on the logarithms of the launches' medians; null with one launch.
        difference: Metric in bfloat16 less that in float32, over seeds, not paired; null where one was not trained.
        unstable: Whether other programs disturbed most launches of one of the two.
    """

    comparison: Comparison
    fp32: Row
    bf16: Row
    factor: float
    interval: stats.Interval | None
    difference: stats.Difference | None
    unstable: bool


def speedups(comparisons: Sequence[Comparison]) -> list[Speedup]:
    """Return every arm with step times at both precisions, in the order of the comparisons."""
    singles = {(c.workload.name, c.track): c for c in comparisons if c.precision == "fp32"}
    found = []
    for comparison in comparisons:
        single = singles.get((comparison.workload.name, comparison.track))
        if comparison.precision != "bf16" or single is None:
            continue
        for row, slow in same_arms(comparison, single):
            if row.step_ms is not None and slow.step_ms is not None:
                found.append(_speedup(comparison, single, slow, row))
    return found


def _speedup(comparison: Comparison, single: Comparison, fp32: Row, bf16: Row) -> Speedup:
    slow, fast = single.evidence[fp32.arm], comparison.evidence[bf16.arm]
    apart = stats.difference(_logs(slow), _logs(fast), math.log(stats.SAME_RATIO), paired=False)
    metrics = [list(evidence.metrics.values()) for evidence in (fast, slow)]
    return Speedup(
        comparison=comparison,
        fp32=fp32,
        bf16=bf16,
        factor=math.exp(apart.estimate),
        interval=apart.interval and stats.Interval(math.exp(apart.interval.low), math.exp(apart.interval.high)),
        difference=stats.difference(metrics[0], metrics[1], comparison.workload.margin, paired=False)
        if all(metrics)
        else None,
        unstable=any(row.time_verdict is stats.TimeVerdict.UNSTABLE for row in (fp32, bf16)),
    )


def _logs(evidence: Evidence) -> list[float]:
    medians = (median_step_seconds(timing) for timing in evidence.timings.values())
    return [math.log(seconds) for seconds in medians if seconds is not None]
