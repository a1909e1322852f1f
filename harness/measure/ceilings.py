"""Time a piece of work that an arm's own process has prepared, with the evidence of who else used the machine."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from harness.measure.evidence import Snapshot, foreign, pressure

LEAST_S = 0.05
"""A sample is at least as long, in as many calls as that takes: a shorter one is mostly the clock's."""


@dataclasses.dataclass(frozen=True)
class Samples:
    """What was timed.

    Attributes:
        seconds: Of a call, sample by sample.
        calls: In each sample.
        pressure: See ``harness.schema.Block``; of all samples together.
        foreign: Likewise.
    """

    seconds: list[float]
    calls: int
    pressure: float | None
    foreign: float | None


def sample(run: Callable[[], Any], wait: Callable[[Any], Any], samples: int) -> Samples:
    """Run a piece of work until it is warm, then sample by sample: so many calls, and one wait for the device.

    Args:
        run: One call.
        wait: Takes what a call returned, and returns once the device has it.
        samples: How many.
    """
    calls = _fitting(run, wait)
    seconds = []
    before = Snapshot.now()
    for _ in range(samples):
        began = time.perf_counter_ns()
        _go(run, wait, calls)
        seconds.append((time.perf_counter_ns() - began) / 1e9 / calls)
    after = Snapshot.now()
    return Samples(seconds, calls, pressure(before, after), foreign(before, after))


def _fitting(run: Callable[[], Any], wait: Callable[[Any], Any]) -> int:
    """Return how many calls fill a sample; they warm it up too."""
    calls = 1
    _go(run, wait, calls)  # compiles, where anything is compiled
    while True:
        began = time.perf_counter_ns()
        _go(run, wait, calls)
        if (took_s := (time.perf_counter_ns() - began) / 1e9) >= LEAST_S:
            return calls
        calls = max(calls + 1, min(calls * 16, round(calls * 1.2 * LEAST_S / max(took_s, 1e-9))))


def _go(run: Callable[[], Any], wait: Callable[[Any], Any], calls: int) -> None:
    for _ in range(calls):
        result = run()
    wait(result)
