"""The roofline of a device with what arms make of it (Williams, Waterman and Patterson 2009), ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.achieved import Achieved, Roof, achieved
from harness.report.comparison import Comparison
from harness.report.text import number
from harness.schema import Manifest

X = "FLOPs for each byte that the layers read and write by themselves, about"
Y = "GFLOP/s"
GIGA = 1e9


@dataclass(frozen=True)
class Line:
    """A roof.

    Attributes:
        label: What it is made of.
        corners: FLOPs a byte and GFLOP/s, from the left.
    """

    label: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Roofline:
    """Roofs, and what lies under them.

    Attributes:
        memory: The slope that all roofs have in common: bytes a second.
        lines: One for each precision that was raced.
        points: By ``intensity`` and ``rate``, the latter in FLOP/s; none of what is UNSTABLE.
    """

    memory: float
    lines: tuple[Line, ...]
    points: tuple[Achieved, ...]


def roofline(manifest: Manifest, comparisons: Sequence[Comparison]) -> Roofline | None:
    """Return the roofline of a run; None without ceilings, or anything to be held against them."""
    if manifest.ceilings is None:
        return None
    roof = Roof.of(manifest.ceilings)
    points = [one for one in achieved(comparisons, roof) if not one.unstable]
    if not points or roof.memory is None:
        return None
    raced = {one.peak for one in points}
    peaks = {dtype: peak for dtype, peak in roof.products.items() if peak in raced}
    if not peaks:
        return None
    return Roofline(roof.memory, tuple(_lines(roof.memory, peaks, [one.intensity for one in points])), tuple(points))


def _lines(memory: float, peaks: Mapping[str, float], places: Sequence[float]) -> list[Line]:
    ridges = [peak / memory for peak in peaks.values()]
    low, high = min(*places, *ridges) / 4, 4 * max(*places, *ridges)
    slope = memory / GIGA
    return [
        Line(
            f"{dtype}: {number(peak / GIGA)} {Y}",
            ((low, low * slope), (peak / memory, peak / GIGA), (high, peak / GIGA)),
        )
        for dtype, peak in peaks.items()
    ]


def memory_label(found: Roofline) -> str:
    """Return what the slope is made of."""
    return f"memory: {number(found.memory / GIGA)} GB/s"
