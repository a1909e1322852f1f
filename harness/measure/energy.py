"""Energy that the processors of this machine have taken, as the kernel counts it (RAPL, through powercap).

The counters are of whole packages: of whoever used them, not of this process alone. Virtual machines have none, and
many kernels let only root read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ZONES = Path("/sys/class/powercap")
COUNTERS = "intel-rapl:[0-9]*"
"""AMD's too are called so. Their own names tell packages from their parts, and from the platform around them."""

UNREAD = "this machine has no energy counter that the process may read"


@dataclass(frozen=True)
class Reading:
    """Counters at one moment, in microjoules, by zone."""

    counters: dict[str, int]


class Energy:
    """The counters of all packages."""

    def __init__(self, zones: Path = ZONES) -> None:
        self.zones = {zone.name: zone for zone in sorted(zones.glob(COUNTERS)) if _name(zone).startswith("package")}
        self.ranges: dict[str, int] = {}

    def read(self) -> Reading | None:
        """Return where the counters stand; None where there is none, or one that cannot be read."""
        try:
            if not self.ranges:
                self.ranges = {name: _number(zone / "max_energy_range_uj") for name, zone in self.zones.items()}
            counters = {name: _number(zone / "energy_uj") for name, zone in self.zones.items()}
        except (OSError, ValueError):
            return None
        return Reading(counters) if counters else None

    def joules(self, before: Reading, after: Reading) -> float:
        """Return what was taken between two readings, in which no counter began anew more than once."""
        spent = 0
        for name, start in before.counters.items():
            end = after.counters[name]
            spent += end - start if end >= start else end - start + self.ranges[name] + 1
        return spent / 1e6


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text()
    except OSError:
        return ""


def _number(path: Path) -> int:
    return int(path.read_text())
