"""How robust a verdict is: what a single weight, or the intervals of the figures, would have to do to change it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from harness import stats
from harness.advice.scores import Score
from harness.advice.standing import Standing, Table, leaders, totals

BEYOND = 1e-9
"""Share of all weights by which a flip is looked at behind the point where it happens."""

LEAST_SLOPE = 1e-9
"""What moves two totals apart by less than this for a weight of 1 is rounding."""


@dataclass(frozen=True)
class Flip:
    """A change of one weight, the others as they are, beyond which others lead.

    Attributes:
        leaders: Who leads then.
    """

    criterion: str
    before: float
    after: float
    leaders: tuple[str, ...]

    @property
    def change(self) -> float:
        """How far the weight moves."""
        return abs(self.after - self.before)


def flips(standing: Standing) -> list[Flip]:
    """Return the smallest change of each weight that changes who leads, the smallest of all first.

    Totals are linear in each weight, so who leads can only change where an arm's total becomes 1.03 times another's.
    Those points are computed exactly, and looked at from behind. A criterion whose weight can do nothing has no flip.
    """
    found = (flip for name in standing.scores if (flip := _flip(standing, name)))
    return sorted(found, key=lambda flip: flip.change)


def _flip(standing: Standing, name: str) -> Flip | None:
    before = standing.weights[name]
    for change in sorted(set(_changes(standing, name)), key=abs):
        beyond = BEYOND * math.fsum(standing.weights.values())
        for step in (beyond, -beyond) if abs(change) <= beyond else (math.copysign(beyond, change),):
            weights = {**standing.weights, name: before + change + step}
            if weights[name] < 0 or not any(weights.values()):
                continue
            ahead = leaders(totals(standing.scores, weights))
            if set(ahead) != set(standing.leaders):
                return Flip(name, before, before + change, ahead)
    return None


def _changes(standing: Standing, name: str) -> Iterator[float]:
    """Yield the changes of a weight at which one arm's total becomes 1.03 times another's."""
    mine = standing.scores[name]
    for arm, other in permutations(mine, 2):
        slope = mine[arm] - stats.SAME_RATIO * mine[other]
        level = math.fsum(
            standing.weights[criterion] * (scores[arm] - stats.SAME_RATIO * scores[other])
            for criterion, scores in standing.scores.items()
        )
        if abs(slope) > LEAST_SLOPE:
            yield -level / slope


@dataclass(frozen=True)
class Shaken:
    """What the intervals of the figures could make of a verdict.

    Attributes:
        alone: Criteria whose interval by itself reaches another verdict.
        together: Whether all intervals at their ends at once reach one.
        unbounded: Criteria with a weight and without intervals, taken as they were measured.
    """

    alone: tuple[str, ...]
    together: bool
    unbounded: tuple[str, ...]


def shake(standing: Standing, scores: Mapping[str, Mapping[str, Score]]) -> Shaken:
    """Move one arm's scores to the lower ends and another's to the upper ones, for every two arms.

    Args:
        standing: As it is.
        scores: The same scores with their ends.
    """
    weighed = [name for name in standing.scores if standing.weights[name]]
    bounded = [name for name in weighed if all(score.ends for score in scores[name].values())]
    return Shaken(
        alone=tuple(name for name in bounded if _changes_leaders(standing, scores, [name])),
        together=_changes_leaders(standing, scores, bounded),
        unbounded=tuple(name for name in weighed if name not in bounded),
    )


def _changes_leaders(standing: Standing, scores: Mapping[str, Mapping[str, Score]], names: list[str]) -> bool:
    return any(
        set(leaders(totals(_moved(standing.scores, scores, names, arm, other), standing.weights)))
        != set(standing.leaders)
        for arm, other in permutations(standing.totals, 2)
    )


def _moved(
    table: Table, scores: Mapping[str, Mapping[str, Score]], names: list[str], arm: str, other: str
) -> dict[str, dict[str, float]]:
    """Return the scores with one arm's at the lower ends and another's at the upper ones."""
    moved = {name: dict(mine) for name, mine in table.items()}
    for name in names:
        down, up = scores[name][arm].ends, scores[name][other].ends
        if down and up:
            moved[name] |= {arm: down.low, other: up.high}
    return moved
