"""Augmentation by itself, with given parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from models_keras.techniques.augmentation import AUGMENTATIONS

if TYPE_CHECKING:
    from harness.contract import Array


def augment(arrays: Mapping[str, Array], name: str, **options: Any) -> dict[str, Array]:
    """Return what a technique makes of a batch ``x``, (N, C, H, W) or (N, C, L), and of its targets ``y`` if given.

    The other arrays are the technique's parameters.
    """
    given = {key: np.moveaxis(array, 1, -1) if key in ("x", "noise") else array for key, array in arrays.items()}
    tensors = {key: keras.ops.convert_to_tensor(np.ascontiguousarray(array)) for key, array in given.items()}
    found = AUGMENTATIONS[name](**tensors, **options)
    parts = [keras.ops.convert_to_numpy(part) for part in (found if "y" in arrays else [found])]
    return dict(zip("xy", [np.moveaxis(parts[0], -1, 1), *parts[1:]], strict=False))
