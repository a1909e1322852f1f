"""How much of a GPU's memory each arm took, phase by phase: four figures that are never one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.report import scopes
from harness.report.comparison import Comparison
from harness.report.evidence import Evidence
from harness.report.figures import MISSING
from harness.report.sheets import Field, Sheet

MIB = 2**20

ABOUT = (
    "Live: the most that tensors took in a phase, as the framework's allocator counts it. Pool: the most that the "
    "allocator had taken from the driver, in use or not; what is left of earlier phases is in it. Driver: what the "
    "driver counted as the process' own during a race, context, code and libraries included; it is sampled during "
    "races, and not in the phases before. Host: resident memory beside the device. All in MiB, of processes that did "
    "nothing before, the most over launches. ≤: a counter that is never set back, so a peak may be an earlier phase's."
)

BEFORE = Field(MISSING, note="the driver is asked during races")


def sheet(comparisons: Iterable[Comparison]) -> Sheet | None:
    """Return what every arm of every comparison took; None where nothing was computed on a GPU."""
    keys, rows = [], []
    for comparison in comparisons:
        for arm in comparison.evidence:
            for row in _rows(comparison, arm):
                keys.append((comparison.workload.name, arm))
                rows.append(row)
    header = ("pair", "arm", "phase", "live (MiB)", "pool (MiB)", "driver (MiB)", "host (MiB)")
    return Sheet("gpu_memory", ABOUT, header, 3, tuple(keys), tuple(rows)) if rows else None


def _rows(comparison: Comparison, arm: str) -> Iterator[tuple[Field, ...]]:
    races: list[Evidence] = [comparison.evidence[arm]]
    races += [race.evidence[arm] for race in comparison.further if arm in race.evidence]
    for evidence in races:
        told = [(timing, timing.device_memory) for timing in evidence.timings.values() if timing.device_memory]
        for phase in dict.fromkeys(phase for _, phases in told for phase in phases):
            peaks = [phases[phase] for _, phases in told if phase in phases]
            raced = evidence.timed != "step" or phase == "step"
            yield (
                Field(comparison.name),
                Field(arm),
                Field(scopes.phase(phase)),
                _most(((one.live_bytes, one.since_start) for one in peaks), "the framework does not tell"),
                _most(((one.pool_bytes, one.since_start) for one in peaks), "the framework does not tell"),
                _most(((timing.driver_bytes, False) for timing, _ in told), "the driver did not tell")
                if raced
                else BEFORE,
                _most((((timing.phases or {}).get(phase), False) for timing, _ in told), "the kernel does not tell"),
            )


def _most(told: Iterable[tuple[int | None, bool]], missing: str) -> Field:
    """Return the most of what was told in bytes, each with whether it is of the whole process so far."""
    known = [(peak, since_start) for peak, since_start in told if peak is not None]
    if not known:
        return Field(MISSING, note=missing)
    most, since_start = max(known)
    return Field(f"{'≤ ' * since_start}{most / MIB:,.0f}", most / MIB)
