"""From figures to scores: pure functions, one for each rule of ``harness.advice.criteria``.

A score is 1 for the best and falls with the figure. Where a difference cannot be told from chance it does not count;
where chance alone puts a worse figure beside a better one, the better figure never scores less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness import stats
from harness.advice.criteria import PATIENCE_S


@dataclass(frozen=True)
class Score:
    """What an arm gets for a figure.

    Attributes:
        value: From 0 to 1.
        ends: What it would be at the worst and at the best end of the figure's interval; null where the figure has
            none, so that it is taken as it was measured.
    """

    value: float
    ends: stats.Interval | None


@dataclass(frozen=True)
class Beside:
    """An arm's figure beside the best arm's.

    Attributes:
        estimate: Of the ratio, of the difference in seconds, or of the shortfall in margins.
        interval: 95 %; null where there is none.
    """

    estimate: float
    interval: stats.Interval | None


def ratios(logs: Mapping[str, Sequence[float]]) -> dict[str, Beside]:
    """Return every arm's ratio to the best one's.

    Args:
        logs: Of costs, as many for every arm and in the same order: paired.
    """
    best = min(logs, key=lambda arm: math.fsum(logs[arm]))
    found = {}
    for arm, mine in logs.items():
        ratio = stats.ratio([x - y for x, y in zip(mine, logs[best], strict=True)])
        found[arm] = Beside(ratio.estimate, ratio.interval)
    return found


def seconds(figures: Mapping[str, Sequence[float]]) -> dict[str, Beside]:
    """Return how many seconds more than the best every arm takes on average; paired as in ``ratios``."""
    best = min(figures, key=lambda arm: math.fsum(figures[arm]))
    found = {}
    for arm, mine in figures.items():
        mean = stats.mean([x - y for x, y in zip(mine, figures[best], strict=True)])
        found[arm] = Beside(mean.estimate, mean.interval)
    return found


def by_ratio(beside: Mapping[str, Beside]) -> dict[str, Score]:
    """Score ratios to the best, which is 1."""

    def alike(interval: stats.Interval) -> bool:
        return interval.covers(1.0) or interval.within(1 / stats.SAME_RATIO, stats.SAME_RATIO)

    return _with_best(beside, _scored(beside, alike, lambda ratio: min(1.0, 1 / ratio)), lambda ratio: min(1.0, ratio))


def by_seconds(beside: Mapping[str, Beside]) -> dict[str, Score]:
    """Score seconds more than the best takes, which is 0."""

    def score(more: float) -> float:
        return PATIENCE_S / (PATIENCE_S + max(0.0, more))

    return _with_best(beside, _scored(beside, lambda interval: interval.covers(0.0), score), lambda more: score(-more))


def by_margins(beside: Mapping[str, Beside]) -> dict[str, Score]:
    """Score shortfalls in units of a margin, of which those that may be chance are 0 already."""
    return _scored(beside, lambda _: False, lambda margins: 1 / max(1.0, margins))


def _scored(
    beside: Mapping[str, Beside], alike: Callable[[stats.Interval], bool], score: Callable[[float], float]
) -> dict[str, Score]:
    """Score every arm.

    Args:
        beside: Figures, the less the better.
        alike: Whether an interval tells of no difference that matters.
        score: Of a figure; falls with it.
    """
    scores: dict[str, Score] = {}
    least = 1.0
    for arm in sorted(beside, key=lambda arm: beside[arm].estimate):
        estimate, interval = beside[arm].estimate, beside[arm].interval
        least = min(least, 1.0 if interval and alike(interval) else score(estimate))
        ends = interval and stats.Interval(min(least, score(interval.high)), max(least, score(interval.low)))
        scores[arm] = Score(least, ends)
    return scores


def _with_best(
    beside: Mapping[str, Beside], scores: Mapping[str, Score], of_best: Callable[[float], float]
) -> dict[str, Score]:
    """Return the scores with what the best arm would get if another's figure lay at the better end of its interval.

    Args:
        beside: Figures beside the best's; its own is beside itself, and leaves nothing open.
        scores: Of all arms.
        of_best: The best arm's score, given another's figure.
    """
    best = min(beside, key=lambda arm: beside[arm].estimate)
    ends = [of_best(one.interval.low) for one in beside.values() if one.interval]
    if not ends:
        return dict(scores)
    return {**scores, best: Score(scores[best].value, stats.Interval(min(ends), 1.0))}


def by_share(shares: Mapping[str, float]) -> dict[str, Score]:
    """Score shares by themselves; they are counted, so that nothing is left to chance."""
    return {arm: Score(share, stats.Interval(share, share)) for arm, share in shares.items()}


def by_count(counts: Mapping[str, int]) -> dict[str, Score]:
    """Score counts by the fewest of them."""
    fewest = min(counts.values())
    return by_share(
        {arm: 1.0 if count <= fewest * stats.SAME_RATIO else fewest / count for arm, count in counts.items()}
    )
