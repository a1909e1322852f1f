"""Rounds of a race reduced to what a report needs: step times, paired log-ratios, and the contention met."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness import stats
from harness.schema import Block, Timing


@dataclass(frozen=True)
class Contention:
    """What disturbed the races of one comparison. A round counts as a whole: one disturbed arm disturbs it.

    Attributes:
        disturbed: Rounds with at least one contended block.
        reruns: Repetitions of rounds.
        left: Rounds without a single undisturbed pass, left out of every ratio.
        pressure: Largest share of a block in which a task waited for a core; null without pressure-stall figures.
        foreign: Largest share of all cores that other processes used during a block; null where unknown.
    """

    launches: int
    rounds: int
    disturbed: int
    reruns: int
    left: int
    pressure: float | None
    foreign: float | None


def merge(found: Sequence[Contention]) -> Contention:
    """Return the contention of several comparisons as one."""
    pressures = [one.pressure for one in found if one.pressure is not None]
    foreigns = [one.foreign for one in found if one.foreign is not None]
    return Contention(
        launches=max((one.launches for one in found), default=0),
        rounds=sum(one.rounds for one in found),
        disturbed=sum(one.disturbed for one in found),
        reruns=sum(one.reruns for one in found),
        left=sum(one.left for one in found),
        pressure=max(pressures, default=None),
        foreign=max(foreigns, default=None),
    )


def step_seconds(block: Block) -> float:
    """Return what a step of a block took, on average; of passes that were timed one by one, the median."""
    if block.pass_ns is not None:
        return statistics.median(block.pass_ns) * 1e-9
    return block.wall_ns * 1e-9 / block.steps


def _passes(timing: Timing) -> dict[tuple[int, int], Block]:
    return {(block.round, block.rerun): block for block in timing.blocks}


def clean_blocks(timing: Timing) -> dict[int, Block]:
    """Return each round's last clean block; a round without one is missing."""
    passes = sorted(_passes(timing).items())
    return {round_: block for (round_, _), block in passes if not block.contended}


def clean_rounds(timing: Timing) -> dict[int, float]:
    """Return seconds per step of each round's last clean block; a round without one is missing."""
    return {round_: step_seconds(block) for round_, block in clean_blocks(timing).items()}


def round_count(timing: Timing) -> int:
    """Return the number of rounds, repetitions not counted."""
    return len({block.round for block in timing.blocks})


def is_unstable(timings: Collection[Timing]) -> bool:
    """Return whether most launches of an arm, looked at by itself, stayed contended in most of their rounds."""
    contended = sum(2 * len(clean_rounds(timing)) < round_count(timing) for timing in timings)
    return 2 * contended > len(timings)


def median_step_seconds(timing: Timing) -> float | None:
    """Return a launch's median seconds per step over clean rounds; None when all were contended."""
    clean = clean_rounds(timing)
    return statistics.median(clean.values()) if clean else None


def paired_rounds(arm: Timing, reference: Timing) -> tuple[list[float], list[float], int]:
    """Return the step times of both arms in the rounds that were clean for both, and the number of all rounds.

    Blocks are paired within one pass of a round, never across a rerun: they have to have run side by side.
    """
    a, b = _passes(arm), _passes(reference)
    shared = sorted(a.keys() & b.keys())
    clean = {key[0]: key for key in shared if not (a[key].contended or b[key].contended)}
    pairs = [(step_seconds(a[key]), step_seconds(b[key])) for key in clean.values()]
    return [x for x, _ in pairs], [y for _, y in pairs], len({round_ for round_, _ in shared})


Sitting: TypeAlias = tuple[int, str]
"""A launch and when it started. A launch that was repeated is another one: only what ran side by side is paired."""


def race(arm: Mapping[Sitting, Timing], reference: Mapping[Sitting, Timing], looks: int = 1) -> stats.Ratio | None:
    """Return the step-time ratio over the launches in which both arms ran.

    Args:
        arm: What was measured in each sitting.
        reference: Likewise.
        looks: Times that it may be judged.

    Returns:
        None when no launch has a round that was clean for both.
    """
    log_ratios: list[float] = []
    contended = 0
    launches = sorted(arm.keys() & reference.keys())
    for launch in launches:
        x, y, rounds = paired_rounds(arm[launch], reference[launch])
        contended += 2 * len(x) < rounds
        if x:
            log_ratios.append(stats.launch_log_ratio(x, y))
    return stats.ratio(log_ratios, contended=contended, ran=len(launches), looks=looks) if log_ratios else None


def contention(launches: Iterable[Iterable[Timing]]) -> Contention:
    """Return the contention met by a race.

    Args:
        launches: For each launch, the timings of all arms that ran in it.
    """
    count = rounds = disturbed = reruns = left = 0
    pressures: list[float] = []
    foreigns: list[float] = []
    for timings in launches:
        count += 1
        passes: dict[tuple[int, int], bool] = {}
        for block in (block for timing in timings for block in timing.blocks):
            key = (block.round, block.rerun)
            passes[key] = passes.get(key, False) or block.contended
            pressures += [] if block.pressure is None else [block.pressure]
            foreigns += [] if block.foreign is None else [block.foreign]
        every = {round_ for round_, _ in passes}
        rounds += len(every)
        disturbed += len({round_ for (round_, _), contended in passes.items() if contended})
        reruns += sum(rerun > 0 for _, rerun in passes)
        left += len(every - {round_ for (round_, _), contended in passes.items() if not contended})
    return Contention(
        launches=count,
        rounds=rounds,
        disturbed=disturbed,
        reruns=reruns,
        left=left,
        pressure=max(pressures, default=None),
        foreign=max(foreigns, default=None),
    )
