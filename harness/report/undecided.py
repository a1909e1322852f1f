"""Races that further launches may decide."""

from __future__ import annotations

import math

from harness import stats
from harness.contract import Precision, Track
from harness.report.row import Row
from harness.report.summary import Summary

CLOSE = 0.02
"""Half the width of a ratio's interval at which a race is known well enough, whatever its verdict."""

DECIDED = {stats.TimeVerdict.FASTER, stats.TimeVerdict.SAME, stats.TimeVerdict.SLOWER}


def undecided(summary: Summary) -> dict[tuple[str, Precision, Track], str]:
    """Return what has a race without a verdict that is not within 2 % either, and what the report calls it."""
    return {
        (comparison.workload.name, comparison.precision, comparison.track): comparison.name
        for comparison in summary.comparisons
        if any(map(_open, (row for rows in comparison.timed for row in rows)))
    }


def _open(row: Row) -> bool:
    if row.time_verdict in DECIDED:
        return False
    if row.ratio is None or row.ratio.interval is None:
        return row.time_verdict is not None
    interval = row.ratio.interval
    return math.log(interval.high / interval.low) / 2 > CLOSE
