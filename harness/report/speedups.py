"""What mixed precision makes of an arm: bfloat16 beside float32 on the same workload, in the same track."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness import stats
from harness.report import figures
from harness.report.comparison import Comparison, same_arms
from harness.report.evidence import Evidence
from harness.report.figures import MISSING, Scale
from harness.report.race import median_step_seconds
from harness.report.row import Row
from harness.report.sheets import Field, Sheet
from harness.report.text import number
from harness.schema import Timing

ABOUT = (
    "Each arm in bf16 (compute in bfloat16, parameters in float32) beside itself in fp32: step time of fp32 over that "
    "of bf16, so that above 1 bf16 is faster; peak host memory of bf16 over that of fp32, libraries included, over "
    "launches with a fresh process; and what it does to the metric. The precisions were not timed side by side, so "
    "there is no verdict; intervals are over launches and over seeds, unpaired."
)
UNSTABLE = "UNSTABLE: other programs disturbed it"


@dataclass(frozen=True)
class Speedup:
    """One arm at both precisions.

    The two were not measured side by side, so there is no verdict: their launches are two samples, not pairs.

    Attributes:
        comparison: That of bfloat16.
        speed: Step time in float32 over that in bfloat16; above 1 bfloat16 is faster. The interval is Welch's, on the
            logarithms of the launches' medians; null with one launch.
        memory: Peak host memory in bfloat16 over that in float32, likewise; null where a launch of one did not tell.
        difference: Metric in bfloat16 less that in float32, over seeds, not paired; null where one was not trained.
        unstable: Whether other programs disturbed most launches of one of the two.
    """

    comparison: Comparison
    fp32: Row
    bf16: Row
    speed: stats.Level
    memory: stats.Level | None
    difference: stats.Difference | None
    unstable: bool

    @property
    def place(self) -> str:
        """Workload and track, without the precision."""
        return self.comparison.name.replace(" · bf16", "")


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
    peaks = [_logs(evidence, lambda timing: timing.peak_rss_bytes) for evidence in (fast, slow)]
    metrics = [list(evidence.metrics.values()) for evidence in (fast, slow)]
    return Speedup(
        comparison=comparison,
        fp32=fp32,
        bf16=bf16,
        speed=_quotient(_logs(slow, median_step_seconds), _logs(fast, median_step_seconds)),
        memory=_quotient(*peaks) if all(peaks) else None,
        difference=stats.difference(metrics[0], metrics[1], comparison.workload.margin, paired=False)
        if all(metrics)
        else None,
        unstable=any(row.time_verdict is stats.TimeVerdict.UNSTABLE for row in (fp32, bf16)),
    )


def _logs(evidence: Evidence, read: Callable[[Timing], float | None]) -> list[float]:
    values = map(read, evidence.timings.values())
    return [math.log(value) for value in values if value is not None]


def _quotient(logs: Sequence[float], others: Sequence[float]) -> stats.Level:
    """Return the quotient of two geometric means over launches, unpaired."""
    apart = stats.difference(logs, others, math.log(stats.SAME_RATIO), paired=False)
    interval = apart.interval and stats.Interval(math.exp(apart.interval.low), math.exp(apart.interval.high))
    return stats.Level(math.exp(apart.estimate), interval, apart.seeds)


def sheet(found: Sequence[Speedup]) -> Sheet:
    """Return every arm that was timed at both precisions as a table."""
    return Sheet(
        name="precision",
        about=ABOUT,
        header=(
            "workload",
            "arm",
            "fp32 step (ms)",
            "bf16 step (ms)",
            "speed-up, fp32 ÷ bf16 [95 %]",
            "peak host memory, bf16 ÷ fp32 [95 %]",
            "metric, bf16 − fp32 [95 %]",
        ),
        names=2,
        keys=tuple((one.comparison.workload.name, one.bf16.arm) for one in found),
        rows=tuple(
            (
                Field(one.place),
                Field(one.bf16.arm),
                *(Field(number(row.step_ms or 0.0), row.step_ms) for row in (one.fp32, one.bf16)),
                _level(one.speed, UNSTABLE if one.unstable else None),
                Field(MISSING, note="no fresh process told it") if one.memory is None else _level(one.memory),
                _apart(one),
            )
            for one in found
        ),
    )


def _level(found: stats.Level, note: str | None = None) -> Field:
    return Field(figures.ratio(found), found.estimate, note or (None if found.interval else "one launch: no interval"))


def _apart(found: Speedup) -> Field:
    scale, difference = Scale.of(found.comparison.workload), found.difference
    if difference is None:
        return Field(MISSING, note="not trained at both precisions")
    shown = f"{figures.difference(difference, scale)} {scale.difference_unit}".rstrip()
    return Field(shown, difference.estimate * scale.factor, None if difference.interval else "one seed: no interval")
