"""What became of every figure that two runs share.

Ratios are compared between runs, because both sides of each were measured in turns; milliseconds of two runs are shown
side by side and never judged: a machine has its days.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness import stats
from harness.report.comparison import Comparison
from harness.report.row import Row
from harness.report.summary import Summary

SAME = math.log(stats.SAME_RATIO)
LEVEL_OF_TIMES, LEVEL_OF_METRICS = 0.01, 0.05
"""Of the claim that something changed, as in the report of a single run."""


class Verdict(enum.StrEnum):
    """What the two samples say about a figure."""

    SAME = "SAME"
    FASTER = "FASTER"
    SLOWER = "SLOWER"
    DIFFERENT = "DIFFERENT"
    INCONCLUSIVE = "INCONCLUSIVE"
    LOOK = "look"


@dataclass(frozen=True)
class Figure:
    """A figure in both runs.

    Attributes:
        change: After over before for a ratio, after minus before for a metric.
        interval: 95 %, by Welch's test, or over pairs where both runs trained the same seeds from the same parameters
            on the same batches; null where a side has one value.
        p_different: Adjusted over all figures (Benjamini–Hochberg); null likewise.
        p_same: Of two one-sided tests against what is allowed, adjusted likewise.
        count: The smaller number of launches or seeds.
    """

    before: float
    after: float
    change: float
    interval: stats.Interval | None
    p_different: float | None
    p_same: float | None
    count: int
    verdict: Verdict


@dataclass(frozen=True)
class Shared:
    """One arm on one workload in both runs.

    Attributes:
        ratio: Step time over the reference's; null for the reference, or where one run lacks it.
        metric: Of the workload; null likewise.
        step_ms: Before and after, not judged; null across machines, and where one run lacks it.
        peak_rss_mib: Likewise.
        apart: Why a figure is not compared, by figure.
    """

    name: str
    arm: str
    reference: str | None
    ratio: Figure | None
    metric: Figure | None
    step_ms: tuple[float, float] | None
    peak_rss_mib: tuple[float, float] | None
    apart: Mapping[str, str]


@dataclass(frozen=True)
class Changes:
    """Everything that two runs share, and what only one of them has.

    Attributes:
        unproven: Those of the two that were begun without proof that their pairs are one function.
    """

    shared: tuple[Shared, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    unproven: tuple[str, ...]


def find(before: Summary, after: Summary, *, across_machines: bool = False) -> Changes:
    """Compare two runs, arm by arm and workload by workload."""
    old, new = (_rows(summary) for summary in (before, after))
    shared = [_share(old[key], new[key], across_machines) for key in old if key in new]
    return Changes(
        tuple(_judge(shared)),
        tuple(" · ".join(key) for key in old if key not in new),
        tuple(" · ".join(key) for key in new if key not in old),
        tuple(which for which, run in (("first", before), ("second", after)) if run.manifest.proofs is None),
    )


def _rows(summary: Summary) -> dict[tuple[str, str], tuple[Comparison, Row]]:
    return {
        (comparison.name, row.arm): (comparison, row)
        for comparison in summary.comparisons
        for row in comparison.rows
        if row.metric or row.step_ms
    }


def _share(old: tuple[Comparison, Row], new: tuple[Comparison, Row], across_machines: bool) -> Shared:
    (comparison, before), (later, after) = old, new
    apart: dict[str, str] = {}
    if comparison.workload.batch_size != later.workload.batch_size or _data(old) != _data(new):
        apart = dict.fromkeys(("ratio", "metric"), "trained on other data")
    if broken := [which for which, one in (("first", comparison), ("second", later)) if one.health.conflicts]:
        apart = dict.fromkeys(("ratio", "metric"), f"arms did not run one race in the {' and the '.join(broken)} run")
    if across_machines:
        apart.setdefault("metric", "two machines: ratios only")
    if comparison.epochs != later.epochs:
        apart.setdefault("metric", f"{comparison.epochs} and {later.epochs} epochs")
    if comparison.reference != later.reference:
        apart.setdefault("ratio", f"references: {comparison.reference} and {later.reference}")
    if stats.TimeVerdict.UNSTABLE in (before.time_verdict, after.time_verdict):
        apart.setdefault("ratio", "other programs disturbed most launches of a run")
    ratio = metric = None
    if before.ratio and after.ratio and "ratio" not in apart:
        looks = before.ratio.looks * after.ratio.looks
        found = stats.apart(after.ratio.moments, before.ratio.moments, SAME, looks)
        ratio = _figure(before.ratio.estimate, after.ratio.estimate, found, back=math.exp)
    if before.metric and after.metric and "metric" not in apart:
        earlier, now = comparison.evidence[before.arm], later.evidence[before.arm]
        found = stats.difference(
            list(now.metrics.values()),
            list(earlier.metrics.values()),
            comparison.workload.margin,
            paired=now.shares_trainings_with(earlier),
        )
        metric = _figure(before.metric.estimate, after.metric.estimate, found, back=float)
    return Shared(
        name=comparison.name,
        arm=before.arm,
        reference=comparison.reference,
        ratio=ratio,
        metric=metric,
        step_ms=None if across_machines else _both(before.step_ms, after.step_ms),
        peak_rss_mib=None if across_machines else _both(before.peak_rss_mib, after.peak_rss_mib),
        apart=apart,
    )


def _data(side: tuple[Comparison, Row]) -> set[str | None]:
    comparison, row = side
    return {record.dataset_sha256 for record in comparison.evidence[row.arm].useful}


def _both(before: float | None, after: float | None) -> tuple[float, float] | None:
    return None if before is None or after is None else (before, after)


def _figure(before: float, after: float, found: stats.Difference, back: Callable[[float], float]) -> Figure:
    return Figure(
        before=before,
        after=after,
        change=back(found.estimate),
        interval=found.interval and stats.Interval(back(found.interval.low), back(found.interval.high)),
        p_different=found.p_different,
        p_same=found.p_equivalent,
        count=found.seeds,
        verdict=Verdict.LOOK,
    )


def _judge(shared: Sequence[Shared]) -> Iterator[Shared]:
    """Yield the same with verdicts; p values are adjusted over all ratios, and over all metrics."""
    ratios = _verdicts([one.ratio for one in shared], stats.MIN_LAUNCHES, LEVEL_OF_TIMES)
    metrics = _verdicts([one.metric for one in shared], stats.MIN_SEEDS, LEVEL_OF_METRICS)
    for one, ratio, metric in zip(shared, ratios, metrics, strict=True):
        yield replace(one, ratio=_directed(ratio), metric=metric)


def _directed(ratio: Figure | None) -> Figure | None:
    if ratio is None or ratio.verdict is not Verdict.DIFFERENT:
        return ratio
    return replace(ratio, verdict=Verdict.FASTER if ratio.change < 1 else Verdict.SLOWER)


def _verdicts(figures: Sequence[Figure | None], least: int, level: float) -> list[Figure | None]:
    claims = [i for i, figure in enumerate(figures) if figure and figure.count >= least and figure.interval]
    judged = list(figures)
    known = [figure for i in claims if (figure := figures[i])]
    p_different = stats.adjust([figure.p_different or 0.0 for figure in known]) if known else []
    p_same = stats.adjust([figure.p_same or 0.0 for figure in known]) if known else []
    for i, figure, different, same in zip(claims, known, p_different, p_same, strict=True):
        if same < stats.DECIDED:
            verdict = Verdict.SAME
        elif different < level:
            verdict = Verdict.DIFFERENT
        else:
            verdict = Verdict.INCONCLUSIVE
        judged[i] = replace(figure, p_different=different, p_same=same, verdict=verdict)
    return judged
