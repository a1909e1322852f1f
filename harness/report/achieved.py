"""What share of the device's ceilings each timing reaches: counted work over measured times, nothing measured anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.contract import Precision, Scope
from harness.measure import sizes
from harness.measure.sizes import Size
from harness.report.comparison import Comparison
from harness.report.evidence import Evidence
from harness.report.row import Row
from harness.schema import Ceilings
from harness.stats import TimeVerdict

COUNTED: Mapping[Scope, Callable[[Size, int], tuple[int, int]]] = {
    "step": lambda size, batch: (batch * size.step_flops, size.step_moved(batch)),
    "inference": lambda size, batch: (batch * size.flops, size.moved(batch)),
}
"""FLOPs and numbers moved of what a scope times, on a batch. What feeds an epoch is no work that is counted, so epochs
are left out."""

DTYPES: Mapping[Precision, tuple[str, int]] = {
    "fp32": ("float32", 4),
    "tf32": ("tf32", 4),
    "bf16": ("bfloat16", 2),
    "fp16": ("float16", 2),
    "fp64": ("float64", 8),
}
"""What a precision multiplies, and the bytes of a number."""


@dataclass(frozen=True)
class Roof:
    """What the device can do at most, whichever framework reached it.

    Attributes:
        products: FLOP/s by type of the numbers.
        memory: Bytes a second; null if it was not measured.
        disturbed: Whether others took cores from one of these.
    """

    products: Mapping[str, float]
    memory: float | None
    disturbed: bool

    @classmethod
    def of(cls, ceilings: Ceilings) -> Roof:
        """Take the best of each kind."""
        rising = sorted((one for one in ceilings.found if one.best), key=lambda one: one.best or 0.0)
        best = {(one.kind, one.dtype): one for one in rising if one.kind in ("product", "memory")}
        memory = best.get(("memory", None))
        return cls(
            products={dtype: one.best for (_, dtype), one in best.items() if dtype and one.best},
            memory=memory.best if memory else None,
            disturbed=any(one.disturbed for one in best.values()),
        )


@dataclass(frozen=True)
class Achieved:
    """What one arm makes of the device in one race.

    Attributes:
        scope: What was timed.
        rate: FLOP/s, of those that are counted (``harness.measure.flops``).
        moved: Bytes a second that its layers read and write, each by itself (``Size.moved``), wherever they lie.
        peak: FLOP/s of the best product of such numbers; null if unknown, as the next.
        bandwidth: Bytes a second of the memory.
        unstable: Other programs disturbed most launches: the time behind it all claims nothing.
    """

    comparison: Comparison
    arm: str
    scope: Scope
    batch_size: int
    rate: float
    moved: float
    peak: float | None
    bandwidth: float | None
    unstable: bool

    @property
    def intensity(self) -> float:
        """FLOPs for each such byte: the place on the x axis of a roofline (Williams, Waterman and Patterson 2009)."""
        return self.rate / self.moved

    @property
    def roof(self) -> float | None:
        """FLOP/s that the device allows at this intensity, were all of it fetched from memory."""
        if self.peak is None or self.bandwidth is None:
            return None
        return min(self.peak, self.bandwidth * self.intensity)

    @property
    def bound(self) -> Literal["memory", "compute"] | None:
        """What that roof is made of."""
        if self.peak is None or self.bandwidth is None:
            return None
        return "compute" if self.peak <= self.bandwidth * self.intensity else "memory"


def achieved(comparisons: Sequence[Comparison], roof: Roof) -> list[Achieved]:
    """Return what every arm with a time makes of the device, of the workloads whose work is counted."""
    return [one for comparison in comparisons for one in _of(comparison, roof)]


def _of(comparison: Comparison, roof: Roof) -> Iterator[Achieved]:
    raced: list[tuple[Scope, Sequence[Row], Mapping[str, Evidence]]] = [
        ("step", comparison.rows, comparison.evidence),
        *((race.scope, race.rows, race.evidence) for race in comparison.further),
    ]
    size = sizes.read().get(comparison.workload.name)
    dtype, bytes_each = DTYPES[comparison.precision]
    for scope, rows, evidence in raced:
        if size is None or scope not in COUNTED:
            continue
        for row in rows:
            if row.step_ms is None:
                continue
            batch = next(record.cell.batch_size for record in evidence[row.arm].raced.values())
            work, moved = COUNTED[scope](size, batch)
            a_second = 1e3 / row.step_ms
            yield Achieved(
                comparison=comparison,
                arm=row.arm,
                scope=scope,
                batch_size=batch,
                rate=work * a_second,
                moved=moved * bytes_each * a_second,
                peak=roof.products.get(dtype),
                bandwidth=roof.memory,
                unstable=row.time_verdict is TimeVerdict.UNSTABLE,
            )
