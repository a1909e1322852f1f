"""What less precision makes of an arm, which is beside itself on the same workload, in the same track."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness import stats
from harness.contract import Precision
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
    "Each arm beside itself with less precision: step time before over that after, so that above 1 less precision is "
    "faster; peak memory after over that before, over launches with a fresh process; and what it does to the metric. "
    "fp32 is strict; in tf32 a GPU rounds what it multiplies to 10 bits; in bf16 and fp16 compute is in these, "
    "parameters stay in float32, and in fp16 losses are scaled. Memory is that of the host, libraries included, or on "
    "a GPU what tensors take there in training. The precisions were not timed side by side, so there is no verdict; "
    "intervals are over launches and over seeds, unpaired."
)
CHANGES: tuple[tuple[Precision, Precision], ...] = (
    ("fp32", "tf32"),
    ("fp32", "bf16"),
    ("tf32", "bf16"),
    ("fp32", "fp16"),
    ("tf32", "fp16"),
)
"""From which precision to which. On a GPU most users' float32 is tf32, and bf16 has to be held against that too."""

UNSTABLE = "UNSTABLE: other programs disturbed it"


@dataclass(frozen=True)
class Speedup:
    """One arm at two precisions.

    The two were not measured side by side, so there is no verdict: their launches are two samples, not pairs.

    Attributes:
        comparison: That with less precision.
        precisions: Before and after.
        before: The arm's row with more precision; ``after`` is that with less.
        speed: Step time before over that after. The interval is Welch's, on the logarithms of the launches' medians;
            null with one launch.
        memory: Peak memory after over that before, likewise; null where a launch of one did not tell.
        difference: Metric after less that before, over seeds, not paired; null where one was not trained.
        unstable: Whether other programs disturbed most launches of one of the two.
    """

    comparison: Comparison
    precisions: tuple[Precision, Precision]
    before: Row
    after: Row
    speed: stats.Level
    memory: stats.Level | None
    difference: stats.Difference | None
    unstable: bool

    @property
    def place(self) -> str:
        """Workload and track, without the precision."""
        return self.comparison.name.replace(f" · {self.precisions[1]}", "")

    @property
    def change(self) -> str:
        """From which precision to which."""
        return " → ".join(self.precisions)


def speedups(comparisons: Sequence[Comparison]) -> list[Speedup]:
    """Return every arm with step times at two precisions, in the order of the comparisons."""
    known = {(c.workload.name, c.track, c.precision): c for c in comparisons}
    found = []
    for comparison in comparisons:
        for precisions in CHANGES:
            more = known.get((comparison.workload.name, comparison.track, precisions[0]))
            if comparison.precision == precisions[1] and more is not None:
                found += [
                    _speedup(comparison, more, precisions, before, after)
                    for after, before in same_arms(comparison, more)
                    if after.step_ms is not None and before.step_ms is not None
                ]
    return found


def _speedup(
    comparison: Comparison, more: Comparison, precisions: tuple[Precision, Precision], before: Row, after: Row
) -> Speedup:
    slow, fast = more.evidence[before.arm], comparison.evidence[after.arm]
    peaks = [_logs(evidence, _peak) for evidence in (fast, slow)]
    metrics = [list(evidence.metrics.values()) for evidence in (fast, slow)]
    return Speedup(
        comparison=comparison,
        precisions=precisions,
        before=before,
        after=after,
        speed=_quotient(_logs(slow, median_step_seconds), _logs(fast, median_step_seconds)),
        memory=_quotient(*peaks) if all(peaks) else None,
        difference=stats.difference(metrics[0], metrics[1], comparison.workload.margin, paired=False)
        if all(metrics)
        else None,
        unstable=any(row.time_verdict is stats.TimeVerdict.UNSTABLE for row in (before, after)),
    )


def _peak(timing: Timing) -> float | None:
    """Return the most memory that training took: on the GPU if it was there."""
    if timing.device_memory is None:
        return timing.peak_rss_bytes
    trained = timing.device_memory.get("step")
    return None if trained is None or trained.since_start else trained.live_bytes


def _logs(evidence: Evidence, read: Callable[[Timing], float | None]) -> list[float]:
    values = map(read, evidence.timings.values())
    return [math.log(value) for value in values if value is not None]


def _quotient(logs: Sequence[float], others: Sequence[float]) -> stats.Level:
    """Return the quotient of two geometric means over launches, unpaired."""
    apart = stats.difference(logs, others, math.log(stats.SAME_RATIO), paired=False)
    interval = apart.interval and stats.Interval(math.exp(apart.interval.low), math.exp(apart.interval.high))
    return stats.Level(math.exp(apart.estimate), interval, apart.seeds)


def sheet(found: Sequence[Speedup]) -> Sheet:
    """Return every arm that was timed at two precisions as a table."""
    return Sheet(
        name="precision",
        about=ABOUT,
        header=(
            "workload",
            "arm",
            "precision",
            "step before (ms)",
            "after (ms)",
            "speed-up, before ÷ after [95 %]",
            "peak memory, after ÷ before [95 %]",
            "metric, after − before [95 %]",
        ),
        names=3,
        keys=tuple((one.comparison.workload.name, one.after.arm) for one in found),
        rows=tuple(
            (
                Field(one.place),
                Field(one.after.arm),
                Field(one.change),
                *(Field(number(row.step_ms or 0.0), row.step_ms) for row in (one.before, one.after)),
                _level(one.speed, UNSTABLE if one.unstable else None),
                Field(MISSING, note="no fresh process told it, or by a counter that is never set back")
                if one.memory is None
                else _level(one.memory),
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
