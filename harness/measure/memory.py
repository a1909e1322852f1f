"""Peak resident memory of this process, phase by phase."""

from __future__ import annotations

from pathlib import Path

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
    """

    def __init__(self) -> None:
        self.highest: int | None = None
        self.phases: dict[str, int] = {}

    def end(self, phase: str) -> None:
        """Note the peak since the last phase ended, and begin another one."""
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
