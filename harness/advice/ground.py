"""The ground that arms are compared on: one track, one precision, and the workloads on which figures mean something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.contract import Precision, Track
from harness.report.comparison import Comparison
from harness.report.row import Row
from harness.report.summary import Summary
from harness.schema import Exports
from harness.stats import TimeVerdict

Figures: TypeAlias = dict[str, dict[str, float]]
"""Arm -> workload -> figure."""


@dataclass(frozen=True)
class Ground:
    """What of a run is compared.

    Attributes:
        comparisons: Of one track and precision, without those whose arms did not start alike.
        arms: Raced arms with a result in any of them, in the order of the suite.
        precision: fp32 where the run has it, else its first; null in a run without comparisons.
        broken: Names of comparisons that are left out because arms that must start alike did not.
        exports: What is on file of the run's arms, of the versions that it had.
    """

    summary: Summary
    comparisons: tuple[Comparison, ...]
    arms: tuple[str, ...]
    precision: Precision | None
    track: Track | None
    broken: tuple[str, ...]
    exports: tuple[Exports, ...] = ()

    @classmethod
    def of(cls, summary: Summary, exports: Sequence[Exports] = ()) -> Ground:
        """Choose the matched track and fp32 where a run has them, else what it begins with."""
        found = summary.matched or list(summary.comparisons)
        track = found[0].track if found else None
        precision: Precision | None = found[0].precision if found else None
        if any(comparison.precision == "fp32" for comparison in found):
            precision = "fp32"
        here = [c for c in found if (c.track, c.precision) == (track, precision)]
        sound = tuple(comparison for comparison in here if not comparison.health.conflicts)
        useful = {row.arm for comparison in sound for row in comparison.rows if comparison.evidence[row.arm].useful} - {
            status.name for status in summary.manifest.arms if status.witness
        }
        named = dict.fromkeys([*summary.manifest.suite.arms, *(row.arm for c in sound for row in c.rows)])
        return cls(
            summary=summary,
            comparisons=sound,
            arms=tuple(arm for arm in named if arm in useful),
            precision=precision,
            track=track,
            broken=tuple(comparison.name for comparison in here if comparison.health.conflicts),
            exports=tuple(exports),
        )

    def figures(self, read: Callable[[Row], float | None], *, timed: bool = True) -> Figures:
        """Return what is read from the rows of arms; times that other programs disturbed are left out."""
        found: Figures = {}
        for comparison in self.comparisons:
            for row in comparison.rows:
                value = None if timed and row.time_verdict is TimeVerdict.UNSTABLE else read(row)
                if value is not None and row.arm in self.arms:
                    found.setdefault(row.arm, {})[comparison.name] = value
        return found


def shared(figures: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the workloads of which every arm that has any figure has one."""
    held = [set(mine) for mine in figures.values() if mine]
    common = set.intersection(*held) if held else set()
    return [name for name in dict.fromkeys(name for mine in figures.values() for name in mine) if name in common]
