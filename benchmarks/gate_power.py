"""How often ``twinbench check`` cries wolf and how often it sleeps, on runs resampled from a recorded one.

Run with ``make bench-gate`` or ``python -m benchmarks.gate_power [FILE.json]``; prints a table and, given a file,
writes the figures. Goals: of runs without a fault at most 1 % fail; of runs in which one arm on one workload became a
tenth slower, or worse by two margins, at least 95 % fail, and on that arm's account.

The recorded run is results/reference/cpu, of which the workloads of suite ``ci`` are taken. A run is drawn from it, and
a baseline: of each workload so many launches and seeds, with replacement, each with what all arms had in it, so that
arms are as like as they were. Deviations from an arm's mean are widened by √(n / (n − 1)), n being the launches or
seeds that were recorded, for so much less than the truth is what a sample spreads around its own mean. Baseline and run
then go through the gate as any others, with a fault or without.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import stats
from harness.gate import baseline
from harness.gate.claims import Tolerances, claims
from harness.gate.decision import State, decide
from harness.report.race import paired_rounds

if TYPE_CHECKING:
    from harness.contract import Array
    from harness.gate.decision import Decision
    from harness.report.comparison import Comparison
    from harness.report.row import Row
    from harness.report.summary import Summary

RECORDED = Path(__file__).resolve().parents[1] / "results" / "reference" / "cpu"
SLOWER, WORSE = 1.1, 2.0
"""The faults that are planted: how many times as slow, or by how many margins worse."""

PROMISED = 0.95

NULLS, PLANTED = 1000, 200
"""Runs that are drawn without a fault, and with each."""

SIZES = ((5, 5), (10, 10), (20, 20), (30, 24))
"""Launches and seeds, of run and baseline."""

ON_FILE = (8, 5)
"""Those of results/baselines/ci.json."""


@dataclass(frozen=True)
class Fault:
    """What became of one arm on one workload.

    Attributes:
        slower: Times the step time's ratio to the reference's.
        worse: Margins that its metric lost.
    """

    workload: str
    arm: str
    slower: float = 1.0
    worse: float = 0.0


@dataclass(frozen=True)
class Sample:
    """Metrics of an arm by seed, and log-ratios of its step times to the reference's by launch, of other arms."""

    metrics: Array
    log_ratios: Array

    def drawn(self, seeds: Array, launches: Array) -> Sample:
        """Return the values of some seeds and launches, by number."""
        return Sample(self.metrics[seeds], self.log_ratios[launches] if self.log_ratios.size else self.log_ratios)


Draw = Mapping[tuple[str, str], Sample]
"""By workload and arm."""


@functools.cache
def recorded() -> Summary:
    """Return the recorded run, narrowed to what suite ``ci`` asks for."""
    from harness import registry
    from harness.matrix import read_suite
    from harness.report.summary import summarize
    from harness.store.folder import RunFolder

    folder, suite = RunFolder(RECORDED), read_suite("ci")
    summary = summarize(folder.read_manifest(), folder.read_records()[0], registry.workloads())
    names = {choice.name for choice in suite.workloads}
    kept = [c for c in summary.comparisons if c.workload.name in names and c.precision in suite.precisions]
    comparisons = tuple(dataclasses.replace(c, rows=tuple(row for row in c.rows if not row.witness)) for c in kept)
    return dataclasses.replace(summary, comparisons=comparisons, failures=())


@functools.cache
def samples() -> Draw:
    """Return what was recorded of every arm on every workload, widened."""
    return {(c.workload.name, row.arm): _sample(c, row) for c in recorded().comparisons for row in c.rows}


def _sample(comparison: Comparison, row: Row) -> Sample:
    evidence, reference = comparison.evidence[row.arm], comparison.evidence[comparison.reference or ""]
    metrics = [evidence.metrics[seed] for seed in sorted(evidence.metrics)]
    log_ratios = []
    if evidence is not reference:
        for sitting in sorted(evidence.timings):
            arm, beside, _ = paired_rounds(evidence.timings[sitting], reference.timings[sitting])
            log_ratios.append(stats.launch_log_ratio(arm, beside))
    return Sample(_widened(metrics), _widened(log_ratios))


def _widened(values: Sequence[float]) -> Array:
    x = np.asarray(values, dtype=np.float64)
    return x if x.size < 2 else x.mean() + (x - x.mean()) * math.sqrt(x.size / (x.size - 1))


def draw(generator: np.random.Generator, launches: int, seeds: int) -> Draw:
    """Draw so many launches and seeds of every workload, the same ones for all arms."""
    drawn: dict[tuple[str, str], Sample] = {}
    for comparison in recorded().comparisons:
        known = [(row.arm, samples()[comparison.workload.name, row.arm]) for row in comparison.rows]
        which = generator.integers(known[0][1].metrics.size, size=seeds)
        when = generator.integers(max(sample.log_ratios.size for _, sample in known), size=launches)
        drawn |= {(comparison.workload.name, arm): sample.drawn(which, when) for arm, sample in known}
    return drawn


def run(drawn: Draw, slower: float = 1.0) -> Summary:
    """Return the recorded run as it would have come out, every arm so many times as slow beside the reference."""
    faults = [Fault(*key, slower=slower) for key in samples()]
    comparisons = tuple(_comparison(comparison, drawn, faults) for comparison in recorded().comparisons)
    return dataclasses.replace(recorded(), comparisons=comparisons)


def planted(sound: Summary, drawn: Draw, fault: Fault) -> Summary:
    """Return a run with a fault, given what it is without."""
    comparisons = tuple(
        _comparison(comparison, drawn, [fault]) if comparison.workload.name == fault.workload else comparison
        for comparison in sound.comparisons
    )
    return dataclasses.replace(sound, comparisons=comparisons)


def _comparison(comparison: Comparison, drawn: Draw, faults: Sequence[Fault]) -> Comparison:
    workload, rows = comparison.workload, []
    known = {(fault.workload, fault.arm): fault for fault in faults}
    worse = workload.margin * (1.0 if workload.less_is_better else -1.0)
    metrics, log_ratios = {}, {}
    for row in comparison.rows:
        key = workload.name, row.arm
        fault = known.get(key, Fault(*key))
        metrics[row.arm] = drawn[key].metrics + fault.worse * worse
        log_ratios[row.arm] = drawn[key].log_ratios + math.log(fault.slower)
    seeds, launches = (max(each.size for each in found.values()) for found in (metrics, log_ratios))
    for row in comparison.rows:
        found = metrics[row.arm]
        changes: dict[str, Any] = {"metric": stats.mean(found), "seeds": seeds, "launches": launches}
        if row.difference:
            beside = metrics[comparison.reference or ""]
            changes["difference"] = stats.difference(found, beside, workload.margin, paired=row.difference.paired)
        if row.ratio:
            changes["ratio"] = stats.ratio(log_ratios[row.arm])
        rows.append(dataclasses.replace(row, **changes))
    return dataclasses.replace(comparison, rows=tuple(rows), seeds=seeds, launches=launches)


def decided(run: Summary, before: baseline.Baseline) -> list[Decision]:
    """Return what the gate says of a run."""
    return decide(list(claims(run, before, Tolerances())))


def failed(found: Sequence[Decision]) -> list[Decision]:
    """Return what of it failed."""
    return [decision for decision in found if decision.state is State.FAILED]


def seen(found: Sequence[Decision], fault: Fault) -> bool:
    """Return whether anything failed on account of the arm with the fault."""
    return any(
        decision.claim.subject.startswith(f"{fault.workload} ·") and decision.claim.subject.endswith(f"· {fault.arm}")
        for decision in failed(found)
    )


def faults() -> dict[str, list[Fault]]:
    """Return every fault that is planted, by what it is: one that costs time has no meaning for the reference."""
    return {
        "slower": [Fault(*key, slower=SLOWER) for key, sample in samples().items() if sample.log_ratios.size],
        "worse": [Fault(*key, worse=WORSE) for key in samples()],
    }


def pairs(
    count: int, launches: int, seeds: int, before: tuple[int, int] | None = None
) -> Iterator[tuple[Draw, baseline.Baseline]]:
    """Yield runs, drawn, each with a baseline of its own, of as many launches and seeds or of other numbers."""
    for number in range(count):
        generator = np.random.default_rng([41, number])
        earlier = baseline.make(run(draw(generator, *(before or (launches, seeds)))), "a draw")
        yield draw(generator, launches, seeds), earlier


def alarms(
    count: int, launches: int, seeds: int, before: tuple[int, int] | None = None, *, slower: float = 1.0
) -> tuple[float, float]:
    """Return the share of runs without a fault in which anything failed, and the median share of claims left open.

    Args:
        count: Of runs.
        launches: Of each.
        seeds: Likewise.
        before: Launches and seeds of their baselines, if others.
        slower: Times the ratios of all arms, as much as is allowed.
    """
    found = [decided(run(drawn, slower), known) for drawn, known in pairs(count, launches, seeds, before)]
    left = [sum(decision.state is State.OPEN for decision in one) / len(one) for one in found]
    return sum(bool(failed(one)) for one in found) / count, statistics.median(left)


def power(
    count: int, launches: int, seeds: int, before: tuple[int, int] | None = None
) -> dict[str, dict[tuple[str, str], float]]:
    """Return the share of runs that failed on account of a fault, by fault and by where it alone was planted.

    Args:
        count: Of runs, for each fault.
        launches: Of each.
        seeds: Likewise.
        before: Launches and seeds of their baselines, if others.
    """
    times = {kind: dict.fromkeys(((one.workload, one.arm) for one in each), 0) for kind, each in faults().items()}
    for drawn, known in pairs(count, launches, seeds, before):
        sound = run(drawn)
        for kind, each in faults().items():
            for fault in each:
                found = decided(planted(sound, drawn, fault), known)
                times[kind][fault.workload, fault.arm] += seen(found, fault)
    return {kind: {key: found / count for key, found in each.items()} for kind, each in times.items()}


def measure(launches: int, seeds: int, before: tuple[int, int] | None = None) -> dict[str, Any]:
    """Return all figures for so many launches and seeds, of runs and of their baselines if these have others."""
    rate, left = alarms(NULLS, launches, seeds, before)
    at_tolerance, _ = alarms(NULLS, launches, seeds, before, slower=1 + Tolerances().speed)
    found = power(PLANTED, launches, seeds, before)
    return {
        "launches": launches,
        "seeds": seeds,
        "baseline": before or (launches, seeds),
        "alarms": rate,
        "alarms_at_the_tolerance": at_tolerance,
        "open": left,
        **{kind: {" · ".join(key): share for key, share in each.items()} for kind, each in found.items()},
    }


HEADER = """\
| launches, seeds | baseline's | no fault: fails | at the tolerance: fails | open | a tenth slower | two margins worse |
|---:|---:|---:|---:|---:|---|---|"""


def line(one: Mapping[str, Any]) -> str:
    """Return what ``measure`` found as a row of a table: of each fault, where 95 % of runs see it, and the least."""
    sizes = [f"{launches}, {seeds}" for launches, seeds in ((one["launches"], one["seeds"]), one["baseline"])]
    rates = [f"{one[rate]:.1%}" for rate in ("alarms", "alarms_at_the_tolerance")]
    shares = [list(one[kind].values()) for kind in ("slower", "worse")]
    told = [f"{sum(v >= PROMISED for v in each)} of {len(each)}; least {min(each):.0%}" for each in shares]
    return "| " + " | ".join([*sizes, *rates, f"{one['open']:.0%}", *told]) + " |"


def main() -> None:
    """Measure, print, and write to the file named on the command line."""
    from harness.matrix import read_suite

    suite = read_suite("ci")
    print(HEADER)
    found = []
    for size, before in [*((size, None) for size in SIZES), ((suite.launches, suite.seeds), ON_FILE)]:
        found.append(measure(*size, before))
        print(line(found[-1]), flush=True)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps({"sizes": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
