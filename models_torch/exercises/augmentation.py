"""Augmentation by itself, with given parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from models_torch.techniques.augmentation import AUGMENTATIONS

if TYPE_CHECKING:
    from harness.contract import Array


def augment(arrays: Mapping[str, Array], name: str, **options: Any) -> dict[str, Array]:
    """Return what a technique makes of a batch ``x``, (N, C, H, W) or (N, C, L), and of its targets ``y`` if given.

    The other arrays are the technique's parameters.
    """
    found = AUGMENTATIONS[name](**{key: torch.from_numpy(array) for key, array in arrays.items()}, **options)
    return dict(zip("xy", (part.numpy() for part in (found if "y" in arrays else [found])), strict=False))
