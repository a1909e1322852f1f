"""What a reader filters by: workloads, precisions, tracks and arms, each by its number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from harness.report import plots, text
from harness.report.comparison import Comparison
from harness.report.summary import Summary

Key: TypeAlias = list[int | None]
"""Numbers of workload, precision, track and arm; null where a row is about none in particular."""

Beside: TypeAlias = Literal["precision", "track"]

LONGEST = 60
"""Characters of a name that a page shows."""


def named(name: object) -> str:
    """Return a name as a page shows it."""
    return text.one_line(name, LONGEST)


def rounded(value: float | None, digits: int = 6) -> float | None:
    """Return a number short enough to be stored thousands of times; null where it cannot be drawn."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{digits}g}")


class Facets:
    """The names of a run, in the order of its suite."""

    def __init__(self, summary: Summary) -> None:
        found = summary.comparisons
        rows = [row for comparison in found for row in comparison.rows]
        self.workloads = _numbered(comparison.workload.name for comparison in found)
        self.precisions = _numbered(comparison.precision for comparison in found)
        self.tracks = _numbered(comparison.track for comparison in found)
        failed = (failure.arm for failure in summary.failures)
        listed = (arm.name for arm in summary.manifest.arms)  # that of classical models too
        timed = summary.operations.arms if summary.operations else []
        limited = [one.arm for one in summary.manifest.ceilings.found] if summary.manifest.ceilings else []
        arms = (*summary.manifest.suite.arms, *(row.arm for row in rows), *listed, *failed, *timed, *limited)
        self.arms = _numbered(arms)

    def key(self, comparison: Comparison, arm: str | None = None, *, beside: Beside | None = None) -> Key:
        """Return the numbers of a comparison, or of one of its arms.

        Args:
            comparison: Which it is.
            arm: Of whom; None for all.
            beside: What is compared, so that no single one of them is meant.
        """
        return [
            self.workloads[comparison.workload.name],
            None if beside == "precision" else self.precisions[comparison.precision],
            None if beside == "track" else self.tracks[comparison.track],
            None if arm is None else self.arms[arm],
        ]

    def key_of(self, workload: str | None, arm: str | None) -> Key:
        """Return the numbers of something that is known only by its names."""
        return [None if workload is None else self.workloads.get(workload), None, None, self.arms.get(arm or "")]

    def as_dict(self) -> dict[str, Any]:
        """Return the names by number, those of arms with their colours and shapes."""
        return {
            "workload": [named(name) for name in self.workloads],
            "precision": list(self.precisions),
            "track": list(self.tracks),
            "arm": [[named(name), plots.colour(name), self._shape(name)] for name in self.arms],
        }

    def _shape(self, arm: str) -> int:
        """Return the number of an arm's shape and dash: in every run the same, as its colour is."""
        known = list(plots.COLOURS)
        return known.index(arm) if arm in known else self.arms[arm]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}
