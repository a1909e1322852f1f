"""Training losses over epochs, reduced over the seeds of an arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.report.row import Row


@dataclass(frozen=True)
class Curve:
    """Of every epoch that all seeds reached: the mean over seeds, the least and the greatest of them."""

    seeds: int
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def curve(row: Row) -> Curve | None:
    """Return the losses of an arm; None if it has none."""
    epochs = min(map(len, row.losses), default=0)
    if not epochs:
        return None
    losses = np.array([seed[:epochs] for seed in row.losses])
    mean, low, high = losses.mean(axis=0), losses.min(axis=0), losses.max(axis=0)
    return Curve(len(losses), tuple(mean.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def over_decades(curves: Sequence[Curve]) -> bool:
    """Return whether curves belong on a log axis: all above 0, and a factor of 30 or more apart."""
    lowest = min(min(found.low) for found in curves)
    return lowest > 0 and max(max(found.high) for found in curves) > 30 * lowest
