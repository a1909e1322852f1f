"""Peak memory of this process, resident and on its device, phase by phase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.contract import DeviceMemory
from harness.measure.evidence import peak_rss_bytes

CLEAR = Path("/proc/self/clear_refs")
RESET_MARK = "5"
"""What the kernel takes for: set the high-water mark to what is resident now."""


class Memory:
    """The highest resident size in each phase of a process' life. Where the kernel does not tell, there are no phases.

    A phase begins with what is resident at its begin: memory that an earlier one left counts in all later ones.

    Attributes:
        highest: Of all phases, in bytes; null where the kernel does not tell.
        phases: Bytes by phase, as far as the kernel lets its mark be set back.
        device: Tells the peaks of what the framework has on its device, whenever a phase ends; None without a device.
        on_device: What it told, by phase.
    """

    def __init__(self) -> None:
        self.highest: int | None = None
        self.phases: dict[str, int] = {}
        self.device: Callable[[], DeviceMemory] | None = None
        self.on_device: dict[str, DeviceMemory] = {}

    def end(self, phase: str) -> None:
        """Note the peaks since the last phase ended, and begin another one."""
        if self.device:
            self.on_device[phase] = _higher(self.device(), self.on_device.get(phase))
        peak = peak_rss_bytes()
        if peak is None:
            return
        self.highest = max(peak, self.highest or 0)
        try:
            CLEAR.write_text(RESET_MARK)
        except OSError:  # then no later phase could be told from this one
            self.phases = {}
            return
        self.phases[phase] = max(peak, self.phases.get(phase, 0))


def _higher(one: DeviceMemory, other: DeviceMemory | None) -> DeviceMemory:
    """Return the higher peaks of two parts of a phase."""
    if other is None:
        return one
    live, pool = (
        max((peak for peak in peaks if peak is not None), default=None)
        for peaks in ((one.live_bytes, other.live_bytes), (one.pool_bytes, other.pool_bytes))
    )
    return DeviceMemory(live, pool, one.since_start)
