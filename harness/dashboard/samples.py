"""The raw samples behind the figures of an arm in a comparison: blocks, launches and seeds, as they were recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.dashboard.facets import named, rounded
from harness.report import figures, text
from harness.report.comparison import Comparison
from harness.report.evidence import Evidence
from harness.report.race import median_step_seconds, step_seconds
from harness.report.summary import Summary
from harness.schema import Accuracy, Timing

MS, PERCENT, MIB = 1e3, 100.0, 2**20


class Samples:
    """All raw samples of a run. A row of a table names its own by number."""

    def __init__(self, summary: Summary) -> None:
        self.found: list[dict[str, Any]] = []
        self._numbers: dict[tuple[str, str], int] = {}
        for comparison in summary.comparisons:
            for row in comparison.rows:
                if parts := _parts(comparison, row.arm):
                    self._numbers[comparison.name, row.arm] = len(self.found)
                    self.found.append({"name": f"{named(row.arm)} on {named(comparison.name)}", **parts})

    def number(self, comparison: Comparison, arm: str) -> int | None:
        """Return the number of an arm's samples; None if it left none."""
        return self._numbers.get((comparison.name, arm))


def _parts(comparison: Comparison, arm: str) -> dict[str, Any]:
    """Return what there is; what there is not has no entry."""
    trained = comparison.evidence[arm]
    raced: dict[str, Mapping[str, Evidence]] = {"train step": comparison.evidence}
    raced |= {race.unit: race.evidence for race in comparison.further}
    races = [
        {"of": what, "blocks": list(_blocks(evidence[arm])), "launches": list(_launches(evidence[arm]))}
        for what, evidence in raced.items()
        if arm in evidence and evidence[arm].timings
    ]
    scale = figures.Scale.of(comparison.workload)
    seeds = [
        [seed, rounded(found.metric * scale.factor, 8), rounded(found.test_loss), *_losses(found)]
        for seed, record in trained.trained.items()
        if (found := record.accuracy) is not None
    ]
    parts: dict[str, Any] = {"races": races} if races else {}
    if seeds:
        parts |= {"seeds": seeds, "metric": f"{scale.metric} {scale.unit}".rstrip()}
    return parts


def _losses(found: Accuracy) -> list[float | None]:
    """Return the first and the last of a training's losses, and the seconds that it took."""
    ends = (found.epoch_losses[0], found.epoch_losses[-1]) if found.epoch_losses else (None, None)
    return [rounded(ends[0]), rounded(ends[1]), rounded(found.train_s, 4)]


def _blocks(evidence: Evidence) -> Iterable[list[Any]]:
    """Return launch, round, rerun, steps, ms for a step, cores, pressure %, foreign load %, switches, contended."""
    for (launch, _), timing in evidence.timings.items():
        for block in timing.blocks:
            yield [
                launch,
                block.round,
                block.rerun,
                block.steps,
                rounded(step_seconds(block) * MS, 5),
                rounded(block.cpu_ns / block.wall_ns, 3),
                _percent(block.pressure),
                _percent(block.foreign),
                block.switches,
                int(block.contended),
            ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * PERCENT, 2)


def _launches(evidence: Evidence) -> Iterable[list[Any]]:
    """Return launch, when it started, median ms, first step s, cold start s, start s, build s, peak MiB, warm-up."""
    for (launch, started), timing in evidence.timings.items():
        begun = text.one_line(started, 40)
        yield [launch, begun, _median(timing), *_seconds(timing), _peak(timing), timing.warm_up_steps]


def _median(timing: Timing) -> float | None:
    seconds = median_step_seconds(timing)
    return None if seconds is None else rounded(seconds * MS, 5)


def _seconds(timing: Timing) -> list[float | None]:
    return [rounded(s, 4) for s in (timing.first_step_s, timing.cold_start_s, timing.start_s, timing.build_s)]


def _peak(timing: Timing) -> float | None:
    return None if timing.peak_rss_bytes is None else round(timing.peak_rss_bytes / MIB, 1)
