"""From the records of an arm beside itself to what they say of races."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.aa.recombination import Launches, Races, recombine
from harness.aa.spread import spread
from harness.contract import Cell, Outcome
from harness.report import race
from harness.schema import Certificate, Manifest, OneLaunch, Planted, Record, Spread, Timing
from harness.stats import TimeVerdict

PLANTED = (0.02, 0.05, 0.10, 0.20)
ALARMS = (TimeVerdict.FASTER.value, TimeVerdict.SLOWER.value)
UNJUDGED = (TimeVerdict.UNSTABLE.value, TimeVerdict.LOOK.value)


@dataclass(frozen=True)
class Pair:
    """An arm and its twin in one launch.

    Attributes:
        seconds: What the launch took.
        began: When it began: UTC, ISO 8601.
    """

    arm: Timing
    twin: Timing
    cell: Cell
    seconds: float
    began: str

    @property
    def block_s(self) -> float:
        """What all blocks of both took."""
        return sum(block.wall_ns for timing in (self.arm, self.twin) for block in timing.blocks) * 1e-9


class TooFewLaunches(ValueError):
    """Fewer launches in which both twins ran than a race has."""


def certify(manifest: Manifest, interleaved: Sequence[Record], sequential: Sequence[Record], load: int) -> Certificate:
    """Return what the launches say.

    Args:
        manifest: Of the interleaved run.
        interleaved: Its records.
        sequential: Those of the run in which the twins ran one after the other.
        load: Artificial neighbours meanwhile.

    Raises:
        TooFewLaunches: If there are fewer than eight of the interleaved ones.
    """
    arm, twin = manifest.suite.arms
    pairs = list(_pairs(interleaved, arm, twin))
    if len(pairs) < stats.MIN_LAUNCHES:
        raise TooFewLaunches(f"{arm}: {len(pairs)} launches with both twins, and a race has {stats.MIN_LAUNCHES}")
    launches, found = _launches(pairs), race.contention([(pair.arm, pair.twin) for pair in pairs])
    races, cell = recombine(launches), pairs[0].cell
    judged = ~np.isin(races.verdicts, UNJUDGED)
    return Certificate(
        arm=arm,
        workload=cell.workload,
        precision=cell.precision,
        threads=cell.threads,
        load=load,
        created=max(pair.began for pair in pairs),
        cpu=manifest.environment.get("cpu"),
        cores=manifest.environment["cores_used"],
        versions=manifest.arms[0].versions,
        source_sha256=manifest.environment["source_sha256"],
        launches=len(pairs),
        rounds=manifest.suite.rounds,
        disturbed=found.disturbed / found.rounds,
        verdicts={str(verdict): float((races.verdicts == verdict).mean()) for verdict in TimeVerdict},
        false_alarms=races.share(np.isin(races.verdicts, ALARMS), judged),
        covered=races.share(races.covered, judged),
        half_width=float(np.median(races.half_widths[judged])) if judged.any() else None,
        planted=[_planted(by, launches) for by in PLANTED],
        spread=_spread(pairs),
        one_launch={
            name: one
            for name, found in {"interleaved": pairs, "sequential": list(_pairs(sequential, arm, twin))}.items()
            if (one := _one_launch(found))
        },
    )


def _pairs(records: Sequence[Record], arm: str, twin: str) -> Iterator[Pair]:
    """Yield what ran side by side, launch by launch."""
    timed = {(r.cell.arm, r.started): r for r in records if r.outcome is Outcome.OK and r.timing}
    for (name, began), record in timed.items():
        beside = timed.get((twin, began))
        if name == arm and record.timing and beside and beside.timing:
            yield Pair(record.timing, beside.timing, record.cell, max(record.seconds, beside.seconds), began)


def _launches(pairs: Sequence[Pair]) -> Launches:
    log_ratios, contended = [], []
    for pair in pairs:
        x, y, rounds = race.paired_rounds(pair.arm, pair.twin)
        log_ratios.append(stats.launch_log_ratio(x, y) if x else math.nan)
        contended.append(2 * len(x) < rounds)
    return Launches(np.array(log_ratios), np.array(contended))


def _planted(by: float, launches: Launches) -> Planted:
    races: Races = recombine(launches.slowed(by))
    judged = ~np.isin(races.verdicts, UNJUDGED)
    slower, faster = (races.share(races.verdicts == v, judged) for v in (TimeVerdict.SLOWER, TimeVerdict.FASTER))
    return Planted(slow_down=by, slower=slower, faster=faster)


def _spread(pairs: Sequence[Pair]) -> Spread | None:
    """Return the components of variance, of clean rounds."""
    rounds = [race.paired_rounds(pair.arm, pair.twin)[:2] for pair in pairs]
    return spread(
        [[math.log(x / y) for x, y in zip(*pair, strict=True)] for pair in rounds],
        launch_s=statistics.median(pair.seconds - pair.block_s for pair in pairs),
        round_s=statistics.median(pair.block_s / len(pair.arm.blocks) for pair in pairs),
    )


def _one_launch(pairs: Sequence[Pair]) -> OneLaunch | None:
    """Return what comparing two processes by their samples says, which asks nobody who else was running."""
    log_ratios, alarms = [], 0
    for pair in pairs:
        x, y = (_samples(timing) for timing in (pair.arm, pair.twin))
        if min(len(x), len(y)) < 2:
            continue
        found = stats.difference(x, y, margin=1.0, paired=False)
        log_ratios.append(found.estimate)
        alarms += found.interval is not None and not found.interval.covers(0.0)
    if len(log_ratios) < 2:
        return None
    return OneLaunch(
        launches=len(log_ratios),
        alarms=alarms,
        spread=statistics.stdev(log_ratios),
        worst=math.exp(max(log_ratios, key=abs)),
    )


def _samples(timing: Timing) -> list[float]:
    return [math.log(race.step_seconds(block)) for block in timing.blocks if not block.rerun]
