"""Shapes and counts as people write them."""

from __future__ import annotations

from collections.abc import Sequence

UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def shape(lengths: Sequence[int]) -> str:
    """Return a shape: 3 × 224 × 224."""
    return " × ".join(str(length) for length in lengths) or "a number"


def figure(count: int) -> str:
    """Return a count with three digits or more: 850, 9,600, 61.7 k, 4.09 G; a dash for none."""
    for unit, letter in UNITS:
        if count >= 0.9995 * unit and count >= 10_000:
            scaled = count / unit
            return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f} {letter}"
    return f"{count:,}" if count else "–"
