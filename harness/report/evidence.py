"""What one arm left behind in one comparison, and why there is not more of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness import stats
from harness.contract import Outcome, Scope
from harness.report.race import Sitting
from harness.schema import ArmStatus, Record, Timing

NOT_RACED = "a witness checks the others and is not raced"


@dataclass(frozen=True)
class Noted:
    """A figure over launches, or why there is none, or not all of it."""

    level: stats.Level | None
    note: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What one arm left in one comparison.

    Attributes:
        trained: Seed -> record with a metric.
        raced: Launch -> record with times of ``timed``, contended ones included.
        failed: The last failure of each scope.
        asked: Cells that the suite asks for.
        timed: What its times are of.
    """

    status: ArmStatus
    trained: Mapping[int, Record]
    raced: Mapping[int, Record]
    failed: Mapping[Scope, Record]
    asked: Mapping[Scope, int]
    timed: Scope = "step"

    @classmethod
    def of(
        cls, status: ArmStatus, records: Sequence[Record], asked: Mapping[Scope, int], timed: Scope = "step"
    ) -> Evidence:
        """Sort the records of one arm, one for each cell; of those with times, the ones of scope ``timed``."""
        trained: dict[int, Record] = {}
        raced: dict[int, Record] = {}
        failed: dict[Scope, Record] = {}
        for record in sorted(records, key=lambda record: record.cell.index):
            if record.outcome is not Outcome.OK:
                failed[record.cell.scope] = record
            if record.outcome is Outcome.OK and record.accuracy is not None:
                trained[record.cell.index] = record
            if record.outcome in {Outcome.OK, Outcome.CONTENDED} and record.cell.scope == timed and record.timing:
                raced[record.cell.index] = record
        return cls(status, trained, raced, failed, asked, timed)

    @property
    def timings(self) -> dict[Sitting, Timing]:
        """What each launch measured, with the time at which it started."""
        return {(i, record.started): record.timing for i, record in self.raced.items() if record.timing is not None}

    @property
    def metrics(self) -> dict[int, float]:
        """Seed -> metric."""
        return {seed: record.accuracy.metric for seed, record in self.trained.items() if record.accuracy is not None}

    @property
    def useful(self) -> tuple[Record, ...]:
        """Every record that gave a figure."""
        return (*self.trained.values(), *self.raced.values())

    def absence(self, scope: Scope) -> str:
        """Return why there is nothing, or less than asked for, in a scope."""
        if scope == self.timed and self.status.witness:
            return NOT_RACED
        if not self.asked[scope]:
            return "not asked for: the suite has no " + ("seeds" if scope == "accuracy" else "launches")
        if not self.status.supported:
            return f"arm unsupported: {self.status.reason or 'no reason given'}"
        if scope in self.failed:
            record = self.failed[scope]
            return f"{record.outcome}: {record.reason or 'no reason given'}"
        return "no record: the run did not come to it"

    def reason(self, figure: str, default: str) -> str:
        """Return what the records say about a figure that they leave out."""
        return next((r.reasons[figure] for r in reversed(self.useful) if figure in r.reasons), default)

    def shares_trainings_with(self, other: Evidence) -> bool:
        """Return whether seeds may be paired: the same ones, from parameters and batch orders proven to be shared."""
        mine, theirs = self._training_hashes(), other._training_hashes()
        return mine == theirs and all(None not in hashes for hashes in mine.values())

    def _training_hashes(self) -> dict[int, tuple[str | None, str | None]]:
        return {
            seed: (record.initial_sha256, None if record.accuracy is None else record.accuracy.order_sha256)
            for seed, record in self.trained.items()
        }
