"""Scores and weights added up: who leads, and what each criterion adds to that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness import stats

Table = Mapping[str, Mapping[str, float]]
"""Criterion -> arm -> score."""


def totals(scores: Table, weights: Mapping[str, float]) -> dict[str, float]:
    """Return every arm's mean score, weighted.

    Args:
        scores: Of the criteria that take part, all of the same arms.
        weights: Of the same criteria, not all 0.
    """
    whole = math.fsum(weights.values())
    arms = dict.fromkeys(arm for mine in scores.values() for arm in mine)
    return {arm: math.fsum(weights[name] * mine[arm] for name, mine in scores.items()) / whole for arm in arms}


def leaders(points: Mapping[str, float]) -> tuple[str, ...]:
    """Return the arms whose total is within 3 % of the largest: between them is no difference that matters."""
    largest = max(points.values())
    return tuple(sorted(arm for arm, own in points.items() if own * stats.SAME_RATIO >= largest))


@dataclass(frozen=True)
class Standing:
    """Where ranked arms stand.

    Attributes:
        scores: Of the criteria that take part, one with weight 0 too.
        weights: Of the same criteria, as they were given.
        totals: From 0 to 1, best first.
        leaders: In the same order.
    """

    scores: Table
    weights: Mapping[str, float]
    totals: Mapping[str, float]
    leaders: tuple[str, ...]

    @classmethod
    def of(cls, scores: Table, weights: Mapping[str, float]) -> Standing:
        """Add up."""
        found = totals(scores, weights)
        ordered = dict(sorted(found.items(), key=lambda item: -item[1]))
        ahead = set(leaders(found))
        return cls(scores, weights, ordered, tuple(arm for arm in ordered if arm in ahead))

    @property
    def next(self) -> str | None:
        """The best arm that is no leader; null where all are."""
        return next((arm for arm in self.totals if arm not in self.leaders), None)

    def parts(self, arm: str, other: str) -> dict[str, float]:
        """Return what each criterion adds to the lead of an arm over another, what adds most first."""
        whole = math.fsum(self.weights.values())
        found = {name: self.weights[name] * (mine[arm] - mine[other]) / whole for name, mine in self.scores.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1]))
