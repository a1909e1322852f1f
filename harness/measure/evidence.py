"""Evidence of who else used the machine while a block ran. Linux tells; elsewhere the figures are None."""

from __future__ import annotations

import dataclasses
import os
import resource
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRESSURE = Path("/proc/pressure/cpu")
STAT = Path("/proc/stat")
STATUS = Path("/proc/self/status")
NANOSECONDS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")

PRESSURE_LIMIT = 0.05
"""A block is contended when tasks waited for a core for more than this share of it, and others really used one.

Waiting alone tells nothing: the threads of JAX and TensorFlow wait for each other, on a quiet machine too, for up to
half of a block.
"""

FOREIGN_CORES = 0.4
"""Cores that others may use. The kernel counts in ticks of 10 ms, which leaves 0.3 cores of doubt in 100 ms."""


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """Counters at one moment.

    Attributes:
        cpu_ns: CPU time of this process, all threads, and of processes that it started and that have ended.
        switches: Involuntary context switches of this process.
        waiting_us: Time in which some task of the machine waited for a core (pressure-stall information).
        busy_ns: CPU time of the whole machine, time stolen by the hypervisor included; in ticks of 10 ms.
    """

    wall_ns: int
    cpu_ns: int
    switches: int
    waiting_us: int | None
    busy_ns: int | None

    @classmethod
    def now(cls) -> Snapshot:
        """Read the counters, the clock last."""
        waiting = _waiting_us()
        busy = _busy_ns()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = time.process_time_ns() + round((children.ru_utime + children.ru_stime) * 1e9)
        return cls(time.perf_counter_ns(), cpu, usage.ru_nivcsw, waiting, busy)


def _waiting_us() -> int | None:
    try:
        return int(PRESSURE.read_text().partition("total=")[2].split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _busy_ns() -> int | None:
    try:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, STAT.read_text().split(None, 9)[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq + steal) * NANOSECONDS_PER_TICK


def pressure(before: Snapshot, after: Snapshot) -> float | None:
    """Return the share of the time between two snapshots in which some task waited for a core."""
    if before.waiting_us is None or after.waiting_us is None:
        return None
    return min((after.waiting_us - before.waiting_us) * 1000 / (after.wall_ns - before.wall_ns), 1.0)


def foreign(before: Snapshot, after: Snapshot) -> float | None:
    """Return the share of all cores that others used, the hypervisor included; never below 0."""
    if before.busy_ns is None or after.busy_ns is None:
        return None
    others = after.busy_ns - before.busy_ns - (after.cpu_ns - before.cpu_ns)
    capacity = (after.wall_ns - before.wall_ns) * (os.cpu_count() or 1)
    return min(max(others / capacity, 0.0), 1.0)


def is_contended(evidence: Mapping[str, Any], cores: int) -> bool:
    """Return whether others took cores from a block: tasks waited, and someone else was running.

    Args:
        evidence: What a worker tells of a block: ``pressure`` and ``foreign``, both shares.
        cores: Of the machine.
    """
    pressure, foreign = evidence["pressure"], evidence["foreign"]
    if pressure is None or foreign is None:
        return False
    return bool(pressure > PRESSURE_LIMIT and foreign * cores > FOREIGN_CORES)


def peak_rss_bytes() -> int | None:
    """Return the highest resident size of this process so far (VmHWM; ``ru_maxrss`` carries a parent's peak)."""
    try:
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None
    return int(line.split()[1]) * 1024


def has_huge_pages() -> bool | None:
    """Return whether some of this process' memory lies in transparent huge pages."""
    try:
        rollup = Path("/proc/self/smaps_rollup").read_text()
    except OSError:
        return None
    line = next((line for line in rollup.splitlines() if line.startswith("AnonHugePages:")), None)
    return None if line is None else int(line.split()[1]) > 0
