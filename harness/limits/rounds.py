"""Times of which every round that others disturbed is left out, as ``breakdown`` and ``scale`` take them."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from harness.measure.evidence import is_contended
from harness.run.sitting import MOST_RERUNS
from harness.schema import RoundTimes

Times = TypeVar("Times", bound=RoundTimes)


def quietly(ask: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    """Ask for a block, and again where others took cores from it; return the last, and whether they did from that.

    Raises:
        WorkerFailure: If there is no answer.
    """
    for _ in range(MOST_RERUNS + 1):
        told = ask()
        if not (disturbed := is_contended(told, os.cpu_count() or 1)):
            break
    return told, disturbed


def times(kind: type[Times], clean: list[float], rounds: int, lost: str | None, **what: Any) -> Times:
    """Return what rounds come to.

    Args:
        kind: Of what they are.
        clean: Milliseconds of those that nobody disturbed.
        rounds: How many there were.
        lost: Why it could not be measured, if it could not.
        **what: That which is measured.
    """
    return kind(
        ms=statistics.median(clean) if clean and lost is None else None,
        rounds_ms=clean,
        disturbed=0 if lost else rounds - len(clean),
        reason=lost or (None if clean else "others took cores from every round"),
        **what,
    )


def wanting(found: Iterable[RoundTimes]) -> bool:
    """Return whether something could not be measured, or others took cores from most of its rounds."""
    return any(one.ms is None or one.disturbed > len(one.rounds_ms) for one in found)
