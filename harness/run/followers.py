"""All who are told how far a run is: a display, and whoever watches beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.run.coordinator import Progress
from harness.schema import Record


class Followers:
    """Passes on what a run tells.

    The display comes first, and its faults are the run's own. The others are a convenience: one that fails is told
    nothing more, and the run goes on.
    """

    def __init__(self, display: Progress, others: Iterable[Progress], lost: Callable[[str], None]):
        """``lost`` is told who failed, and why."""
        self.display = display
        self.others = list(others)
        self.lost = lost

    def begin(self, cells: int, done: int) -> None:
        """Pass on the number of cells in all, and of those that need no measuring."""
        self.display.begin(cells, done)
        self._tell(lambda other: other.begin(cells, done))

    def step(self, sitting: str, event: str) -> None:
        """Pass on what is happening now."""
        self.display.step(sitting, event)
        self._tell(lambda other: other.step(sitting, event))

    def record(self, record: Record) -> None:
        """Pass on a finished record."""
        self.display.record(record)
        self._tell(lambda other: other.record(record))

    def _tell(self, what: Callable[[Progress], None]) -> None:
        for other in list(self.others):
            try:
                what(other)
            except Exception as error:
                self.others.remove(other)
                self.lost(f"{type(other).__name__} is left out from here on: {type(error).__name__}: {error}")
