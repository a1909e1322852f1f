"""Where the spread of a race comes from, and how many launches and rounds it takes.

A random-effects analysis of variance of the rounds' log-ratios within launches, and the number of rounds that gives the
narrowest interval per minute (Kalibera and Jones 2013, "Rigorous benchmarking in reasonable time").
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from harness.schema import Spread

WANTED = 0.02
"""Half-width of an interval of the ratio that a race should reach."""

MOST_LAUNCHES = 1000


def spread(launches: Sequence[Sequence[float]], launch_s: float, round_s: float) -> Spread | None:
    """Return the components of variance, and what they ask for; None if they cannot be told apart.

    Args:
        launches: Log-ratios of each launch's rounds.
        launch_s: Seconds that a launch takes beside its rounds.
        round_s: Seconds that a round takes.
    """
    groups = [np.asarray(rounds, dtype=np.float64) for rounds in launches if len(rounds)]
    total = sum(len(group) for group in groups)
    if len(groups) < 2 or total == len(groups):
        return None
    grand = sum(float(group.sum()) for group in groups) / total
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in groups) / (total - len(groups))
    between = sum(len(group) * (float(group.mean()) - grand) ** 2 for group in groups) / (len(groups) - 1)
    size = (total - sum(len(group) ** 2 for group in groups) / total) / (len(groups) - 1)
    of_launch = max(0.0, (between - within) / size)
    best = max(1, round(math.sqrt(launch_s / round_s * within / of_launch))) if of_launch else None
    return Spread(
        launch=math.sqrt(of_launch),
        round=math.sqrt(within),
        mean_ratio=math.exp(grand),
        launch_s=launch_s,
        round_s=round_s,
        best_rounds=best,
        launches_wanted=_wanted(of_launch + within / (best or size)),
    )


def _wanted(variance: float) -> int | None:
    """Return how many launches give the half-width that is wanted."""
    for count in range(2, MOST_LAUNCHES + 1):
        if float(stdtrit(count - 1, 0.975)) * math.sqrt(variance / count) <= math.log1p(WANTED):
            return count
    return None
