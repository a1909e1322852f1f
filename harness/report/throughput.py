"""Samples a second in inference, by batch size: what was computed over the time that it took."""

from __future__ import annotations

from harness import stats
from harness.report.comparison import Comparison, FurtherRace
from harness.report.evidence import Evidence, Noted
from harness.report.race import clean_blocks


def sweep(comparison: Comparison) -> list[tuple[int, FurtherRace]]:
    """Return the races of forward passes by batch size, the smallest first; nothing if the suite names no sizes."""
    races = [race for race in comparison.further if race.scope == "inference"]
    if all(race.leg.batch_size is None for race in races):
        return []
    sizes = [(race.leg.batch_size or comparison.workload.batch_size, race) for race in races]
    return sorted(sizes, key=lambda found: found[0])


def rate(evidence: Evidence, batch_size: int) -> Noted:
    """Return an arm's samples a second over its clean blocks: all samples over all seconds, never a mean of rates.

    The interval is that of the launches' rates, on the log scale.
    """
    if not evidence.timings:
        return Noted(None, evidence.absence(evidence.timed))
    launches = []
    for timing in evidence.timings.values():
        blocks = clean_blocks(timing).values()
        if blocks:
            samples = batch_size * sum(block.steps for block in blocks)
            launches.append((samples, sum(block.wall_ns for block in blocks) / 1e9))
    if not launches:
        return Noted(None, "every round was contended")
    interval = stats.level([samples / seconds for samples, seconds in launches]).interval
    total = sum(samples for samples, _ in launches) / sum(seconds for _, seconds in launches)
    of = len(evidence.timings)
    one = "one launch" if of == 1 else f"1 of {of} launches has undisturbed rounds"
    return Noted(stats.Level(total, interval, len(launches)), None if interval else f"{one}: no interval")
