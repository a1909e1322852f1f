"""Training losses and metrics over epochs, reduced over the seeds of an arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.report.evidence import Evidence
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
    return _reduced(row.losses)


def metric(evidence: Evidence, factor: float) -> Curve | None:
    """Return the metric of an arm after each epoch, times a factor; None if no training was watched."""
    trained = [record.accuracy for record in evidence.trained.values() if record.accuracy is not None]
    courses = [accuracy.course for accuracy in trained if accuracy.course is not None]
    return _reduced([[factor * value for value in course.metrics] for course in courses])


def _reduced(seeds: Sequence[Sequence[float]]) -> Curve | None:
    epochs = min(map(len, seeds), default=0)
    if not epochs:
        return None
    values = np.array([seed[:epochs] for seed in seeds])
    mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    return Curve(len(values), tuple(mean.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def over_decades(curves: Sequence[Curve]) -> bool:
    """Return whether curves belong on a log axis: all above 0, and a factor of 30 or more apart."""
    lowest = min(min(found.low) for found in curves)
    return lowest > 0 and max(max(found.high) for found in curves) > 30 * lowest
