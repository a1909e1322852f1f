"""How far an arm's metric falls short of the best arm's, workload by workload, in units of the workload's margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness import stats
from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding, spanned
from harness.advice.ground import Ground, shared
from harness.advice.scores import Beside, by_margins
from harness.report.comparison import Comparison


def accuracy(ground: Ground) -> Finding:
    """Compare the largest shortfalls."""
    if not ground.summary.manifest.suite.seeds:
        return Finding.none("accuracy", "the suite has no seeds")
    trained = {
        comparison.name: comparison
        for comparison in ground.comparisons
        if comparison.workload.metric and comparison.workload.margin
    }
    found = {
        arm: {
            name: 0.0
            for name, comparison in trained.items()
            if arm in comparison.evidence and comparison.evidence[arm].metrics
        }
        for arm in ground.arms
    }
    held = {arm: mine for arm, mine in found.items() if mine}
    if len(held) < 2:
        return Finding.none("accuracy", "fewer than two arms were trained on a workload with a metric")
    names = shared(held)
    if not names:
        return Finding.none("accuracy", f"no workload on which all of {', '.join(held)} were trained")
    by_workload = {name: _shortfalls(trained[name], list(held)) for name in names}
    each = {arm: {name: mine[arm] for name, mine in by_workload.items()} for arm in held}
    worst = {arm: _worst(list(mine.values())) for arm, mine in each.items()}
    bounded = all(one.interval for one in worst.values())
    return Finding(
        CRITERIA["accuracy"],
        shown={arm: _shown(mine) for arm, mine in each.items()},
        scores=by_margins(worst),
        about=f"{len(names)} of {len(trained)} workloads; "
        + ("intervals over seeds" if bounded else "one seed, so there is no interval")
        + f"; the largest: {', '.join(f'{arm} on {_largest(mine)}' for arm, mine in each.items())}",
        workloads=(len(names), len(trained)),
    )


def _shortfalls(comparison: Comparison, arms: list[str]) -> dict[str, Beside]:
    """Return every arm's shortfall from the best arm's mean; the best one's end is how far another might be ahead."""
    means = {arm: stats.mean(list(comparison.evidence[arm].metrics.values())).estimate for arm in arms}
    sign = -1.0 if comparison.workload.less_is_better else 1.0
    best = max(arms, key=lambda arm: sign * means[arm])
    found = {arm: _short_of(comparison, best, arm, sign) for arm in arms if arm != best}
    leads = [-one.interval.low for one in found.values() if one.interval]
    own = stats.Interval(0.0, max(0.0, *leads)) if len(leads) == len(found) else None
    return {arm: found.get(arm, Beside(0.0, own)) for arm in arms}


def _short_of(comparison: Comparison, best: str, arm: str, sign: float) -> Beside:
    margin = comparison.workload.margin
    ahead, behind = comparison.evidence[best], comparison.evidence[arm]
    found = stats.difference(
        list(ahead.metrics.values()),
        list(behind.metrics.values()),
        margin,
        paired=ahead.shares_trainings_with(behind),
    )
    estimate = sign * found.estimate / margin
    if found.interval is None:
        return Beside(estimate, None)
    low, high = sorted((sign * found.interval.low / margin, sign * found.interval.high / margin))
    return Beside(estimate, stats.Interval(low, high))


def _worst(found: Sequence[Beside]) -> Beside:
    """Return the largest shortfall that is no chance, 0 if all may be, with the largest ends of any workload."""
    counted = [0.0 if one.interval and one.interval.covers(0.0) else one.estimate for one in found]
    ends = [one.interval for one in found if one.interval]
    whole = stats.Interval(max(0.0, *(end.low for end in ends)), max(end.high for end in ends)) if ends else None
    return Beside(max(counted), whole if len(ends) == len(found) else None)


def _shown(found: Mapping[str, Beside]) -> str:
    """Return the largest shortfall as it was measured."""
    largest = found[_largest(found)]
    return spanned(largest.estimate, largest.interval, "margins") if largest.estimate else "none"


def _largest(found: Mapping[str, Beside]) -> str:
    """Return the name of the workload with the largest shortfall."""
    return max(found, key=lambda name: found[name].estimate)
