"""How far two sets of tensors are apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array

FLOOR = 1e-6
"""Share of the RMS over all tensors below which a tensor's own RMS no longer scales its error."""


@dataclass(frozen=True)
class Distance:
    """The largest error over a set of tensors, and where it and the first one beyond a bound are.

    Attributes:
        error: Largest |a − b| over a tensor, relative to max(RMS of the tensor, 1e-6 × RMS over all).
        where: The tensor with the largest error.
        first: The first tensor in order whose error exceeds the bound, of gradients with the layer that is called next
            (``backwards``); None if none does.
    """

    error: float
    where: str
    first: str | None


def distance(ours: Mapping[str, Array], theirs: Mapping[str, Array], bound: float) -> Distance:
    """Compare tensors by name, in the order of ``theirs``, the reference.

    A NaN, an infinity, a missing or extra name, another shape and what is no number count as infinitely far.
    """
    scale = FLOOR * _rms(theirs.values())
    worst, where, first = 0.0, "", None
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        error = _error(ours.get(name), theirs.get(name), scale)
        if error > worst or not where:
            worst, where = error, name
        if first is None and not error <= bound:
            first = name
    return Distance(worst, where, first)


def backwards(ours: Mapping[str, Array], theirs: Mapping[str, Array], bound: float) -> Distance:
    """Compare gradients like ``distance``, in the order in which they come about: the last of ``theirs`` first.

    In a chain of layers what is wrong with a gradient is wrong with all in front of it, so that the fault is in the
    layer of the ``first`` beyond the bound, or between it and the one that is called next, which is named beside it.
    """
    names = list(theirs)
    found = distance(ours, {name: theirs[name] for name in reversed(names)}, bound)
    return replace(found, first=with_next(found.first, names)) if found.first else found


def with_next(name: str, names: Sequence[str]) -> str:
    """Return the name of a gradient with the layer that is called next, whose own is right."""
    later = names[names.index(name) + 1 :] if name in names else []
    layer = next((other for other in map(owner, later) if other != owner(name)), None)
    return f"{name}; {layer}, called next, is right" if layer else name


def owner(tensor: str) -> str:
    """Return the layer that has a tensor, or the name of what no layer has."""
    return tensor.rpartition(".")[0] or tensor.partition(",")[0]


def _error(ours: Array | None, theirs: Array | None, scale: float) -> float:
    if ours is None or theirs is None or ours.shape != theirs.shape:
        return math.inf
    if ours.dtype.kind not in "biuf":  # bfloat16, which no half should answer with, arrives as raw bytes
        return math.inf
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return math.inf
    if theirs.size == 0:
        return 0.0
    largest = float(np.max(np.abs(ours.astype(np.float64) - theirs)))
    if largest == 0:
        return 0.0
    return largest / max(_rms([theirs]), scale, np.finfo(np.float64).tiny)


def _rms(arrays: object) -> float:
    flat = [np.asarray(array, dtype=np.float64).ravel() for array in arrays]  # type: ignore[attr-defined]
    together = np.concatenate(flat) if flat else np.zeros(1)
    largest = float(np.max(np.abs(together))) if together.size else 0.0
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean((together / largest) ** 2)))  # a square may overflow
