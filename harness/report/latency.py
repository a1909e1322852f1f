"""Percentiles of how long a forward pass takes that is waited for."""

from __future__ import annotations

from collections.abc import Mapping

from harness import stats
from harness.report.evidence import Evidence, Noted
from harness.report.race import clean_blocks
from harness.schema import Timing

SHARES: Mapping[str, float] = {"p50": 0.50, "p90": 0.90, "p99": 0.99}
"""Name of a percentile -> the share of passes that take no longer."""


def pass_ms(timing: Timing) -> list[float]:
    """Return what each pass of a launch took, of the rounds that nobody disturbed."""
    return [took / 1e6 for block in clean_blocks(timing).values() for took in block.pass_ns or ()]


def percentiles(evidence: Evidence) -> dict[str, Noted]:
    """Return an arm's percentiles in milliseconds.

    Passes of one process are no sample of processes, so each launch has percentiles of its own, and the interval is
    that of these over launches, on the log scale.
    """
    launches = [pass_ms(timing) for timing in evidence.timings.values()]
    return {name: _percentile(name, share, launches, evidence) for name, share in SHARES.items()}


def _percentile(name: str, share: float, launches: list[list[float]], evidence: Evidence) -> Noted:
    if not launches:
        return Noted(None, evidence.absence(evidence.timed))
    wanted, most = stats.passes_wanted(share), max(map(len, launches))
    if not most:
        return Noted(None, "every round was contended")
    enough = [passes for passes in launches if len(passes) >= wanted]
    if not enough:
        return Noted(None, f"{name} takes {wanted} undisturbed passes in a launch, and no launch has more than {most}")
    found = stats.level([stats.percentile(passes, share) for passes in enough])
    if len(enough) < len(launches):
        have = "has: no interval" if found.interval is None else "have"
        of = f"{len(enough)} of {len(launches)} launches"
        return Noted(found, f"{name} takes {wanted} undisturbed passes in a launch, which {of} {have}")
    return Noted(found, "one launch: no interval" if found.interval is None else None)
