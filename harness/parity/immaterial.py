"""Tensors that provably cannot matter, and the parts of packed tensors, which may differ in that."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Architecture, Array

ZERO = 1e-12
"""Most that a gradient which is zero may show, as a share of the RMS of all gradients: rounding in float64."""

PACKED = (".in_proj_weight", ".in_proj_bias")


def parts(name: str, tensor: Array) -> Iterator[tuple[str, slice]]:
    """Yield the parts of a tensor as (name, rows): query, key and value of a packed projection, or the whole."""
    if name.endswith(PACKED):
        third = len(tensor) // 3
        for number, part in enumerate("qkv"):
            yield f"{name}[{part}]", slice(number * third, (number + 1) * third)
    else:
        yield name, slice(None)


def split(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return tensors with each packed one in its parts."""
    return {
        part: tensor[rows] if tensor.ndim else tensor
        for name, tensor in tensors.items()
        for part, rows in parts(name, tensor)
    }


def immaterial(architecture: Architecture, names: Iterable[str]) -> dict[str, str]:
    """Return those of the names (of parts) that are declared immaterial -> the reason."""
    return {
        name: reason
        for name in names
        for pattern, reason in architecture.immaterial.items()
        if fnmatch.fnmatchcase(name, _literal(pattern))
    }


def unmatched(architecture: Architecture, names: Collection[str]) -> list[str]:
    """Return the declared patterns that fit none of the names (of parts)."""
    return [pattern for pattern in architecture.immaterial if not fnmatch.filter(names, _literal(pattern))]


def not_zero(gradients: Mapping[str, Array], names: Iterable[str]) -> list[str]:
    """Return those of the names whose gradient is not zero but for rounding, beside all the gradients."""
    squares = sum(float(np.sum(np.square(gradient))) for gradient in gradients.values())
    rms = math.sqrt(squares / sum(gradient.size for gradient in gradients.values()))
    return [name for name in names if not np.max(np.abs(gradients[name]), initial=0) <= ZERO * rms]


def _literal(pattern: str) -> str:
    """Take brackets for themselves: only ``*`` is a wildcard."""
    return pattern.replace("[", "[[]")
