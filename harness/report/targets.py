"""How soon trainings reach their workload's target: from the metric after every epoch, and what was raced."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.contract import Workload
from harness.measure.energy import UNREAD
from harness.report import text
from harness.report.comparison import Comparison
from harness.report.evidence import NOT_RACED, Evidence
from harness.report.row import Row
from harness.schema import Course
from harness.stats import TimeVerdict


@dataclass(frozen=True)
class Spread:
    """A quantity over the seeds of an arm. A training that is censored counts as one that takes for ever.

    Attributes:
        censored: The least that a training was given which did not get there; where all did, the most that one was
            given. ``median``, ``least`` and ``most`` are infinite where they would be of such a one.
        beyond: What the median exceeds where it is infinite, else the median: of an even number of trainings only one
            of the two in the middle may be censored.
    """

    median: float
    least: float
    most: float
    censored: float
    beyond: float

    @classmethod
    def of(cls, values: Sequence[float], given: Sequence[float]) -> Spread:
        """Return the spread of values, infinite where a training is censored, by what each was given."""
        ordered = sorted(values)
        short = [far for value, far in zip(values, given, strict=True) if math.isinf(value)]
        censored = min(short, default=max(given))
        middle = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
        beyond = sum(censored if math.isinf(value) else value for value in middle) / 2
        return cls(sum(middle) / 2, ordered[0], ordered[-1], censored, beyond)

    def times(self, factor: float) -> Spread:
        """Return the spread of a multiple."""
        return Spread(*(value * factor for value in (self.median, self.least, self.most, self.censored, self.beyond)))


@dataclass(frozen=True)
class Point:
    """Where trainings stand after an epoch.

    Attributes:
        epoch: From 1.
        at: Seconds until then; the epoch where the arm was not raced.
        values: The metric, by seed.
    """

    epoch: int
    at: float
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return math.fsum(self.values) / len(self.values)


@dataclass(frozen=True)
class Reach:
    """How soon one arm's trainings reach the target.

    Attributes:
        seeds: Trainings that were watched.
        reached: Those of them that reached it within the budget.
        epochs: Until then.
        steps: Of the optimizer, until then.
        seconds: Until then; null where the arm was not raced.
        joules: Until then; null where the machine does not tell.
        epoch_s: Seconds of an epoch; null where the arm was not raced.
        curves: Metric by seed, after each epoch.
        notes: Field -> why it is null, or not to be relied on.
    """

    arm: str
    seeds: int
    reached: int
    epochs: Spread
    steps: Spread
    seconds: Spread | None
    joules: Spread | None
    epoch_s: float | None
    curves: tuple[tuple[float, ...], ...]
    notes: Mapping[str, str]

    def points(self) -> list[Point]:
        """Return how all trainings stand after each epoch that all of them have."""
        return [
            Point(epoch, epoch * (self.epoch_s or 1.0), values)
            for epoch, values in enumerate(zip(*self.curves, strict=False), start=1)
        ]


Pace = Literal["epoch", "step"]
"""What the time of an epoch is taken from: the race of epochs, or that of train steps."""


def pace(comparison: Comparison) -> Pace:
    """Return what the times of a comparison are taken from, the same for all its arms."""
    race = comparison.race("epoch")
    return "epoch" if race and any(row.step_ms is not None for row in race.rows) else "step"


def reaches(comparison: Comparison) -> list[Reach]:
    """Return every arm whose trainings were watched epoch by epoch; nothing where there is no target."""
    if comparison.workload.target is None:
        return []
    race = comparison.race("epoch") if pace(comparison) == "epoch" else None
    timed = {row.arm: row for row in (race.rows if race else comparison.rows)}
    found = []
    for arm, evidence in comparison.evidence.items():
        if courses := _courses(evidence):
            found.append(_reach(arm, courses, comparison.workload, timed.get(arm), evidence, of_steps=race is None))
    return found


def drawn(comparison: Comparison) -> tuple[list[Reach], str]:
    """Return whose metric is drawn, and what it is drawn over, in words: over epochs where nobody has a time.

    The words name who is left out.
    """
    found = reaches(comparison)
    timed = [reach for reach in found if reach.epoch_s is not None]
    if not timed:
        return found, "epoch"
    what = {"epoch": "epochs", "step": "train steps"}[pace(comparison)]
    untimed = ", ".join(text.one_line(reach.arm, 40) for reach in found if reach.epoch_s is None)
    return timed, f"time of {what} (s)" + (f"; left out, for it has no time: {untimed}" if untimed else "")


def _courses(evidence: Evidence) -> list[Course]:
    accuracies = (record.accuracy for record in evidence.trained.values())
    return [accuracy.course for accuracy in accuracies if accuracy is not None and accuracy.course is not None]


def _reach(
    arm: str, courses: list[Course], workload: Workload, row: Row | None, evidence: Evidence, *, of_steps: bool
) -> Reach:
    steps = courses[0].steps
    epochs = [_first(course, workload) for course in courses]
    notes: dict[str, str] = {}
    epoch_s = None
    if row is None or row.step_ms is None:
        notes["seconds"] = NOT_RACED if row is None else row.notes.get("step_ms", NOT_RACED)
    else:
        epoch_s = row.step_ms / 1e3 * (steps if of_steps else 1)
        if row.time_verdict is TimeVerdict.UNSTABLE:
            notes["seconds"] = "UNSTABLE: other programs disturbed most launches"
    spread = Spread.of(epochs, [len(course.metrics) for course in courses])
    joules = _joules(courses, epochs)
    if joules is None:
        notes["joules"] = evidence.reason("joules", UNREAD)
    return Reach(
        arm=arm,
        seeds=len(courses),
        reached=sum(map(math.isfinite, epochs)),
        epochs=spread,
        steps=spread.times(steps),
        seconds=None if epoch_s is None else spread.times(epoch_s),
        joules=joules,
        epoch_s=epoch_s,
        curves=tuple(tuple(course.metrics) for course in courses),
        notes=notes,
    )


def _first(course: Course, workload: Workload) -> float:
    """Return the first epoch after which the metric meets the target; infinity if none does."""
    met = (epoch for epoch, value in enumerate(course.metrics, start=1) if workload.reached(value))
    return next(met, math.inf)


def _joules(courses: list[Course], epochs: list[float]) -> Spread | None:
    told = [course.joules for course in courses if course.joules is not None]
    if len(told) < len(courses):
        return None
    spent = [
        math.inf if math.isinf(until) else sum(joules[: int(until)]) for joules, until in zip(told, epochs, strict=True)
    ]
    return Spread.of(spent, [sum(joules) for joules in told])
