"""What a run says of one criterion: figures and scores of arms, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness import stats
from harness.advice.criteria import CRITERIA, Criterion
from harness.advice.scores import Score
from harness.report.text import number


@dataclass(frozen=True)
class Finding:
    """One criterion.

    Attributes:
        shown: Arm -> its figure, as a reader sees it.
        scores: Arm -> its score, for the same arms.
        about: What the figures come from: how many workloads, whose interval.
        workloads: On how many all arms have a figure, and on how many any has; null where figures are of the whole run.
        reason: Why nothing was measured; null if something was.
    """

    criterion: Criterion
    shown: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    about: str = ""
    workloads: tuple[int, int] | None = None
    reason: str | None = None

    @classmethod
    def none(cls, name: str, reason: str) -> Finding:
        """Return that a criterion was not measured."""
        return cls(CRITERIA[name], reason=reason)


def spanned(value: float, interval: stats.Interval | None, unit: str = "") -> str:
    """Return a figure with its interval, if it has one that is wider than its digits."""
    shown = f"{number(value)} {unit}".rstrip()
    if interval is None:
        return shown
    low, high = number(interval.low), number(interval.high)
    return shown if low == high else f"{shown} [{low}, {high}]".replace("-", "−")
