"""Sharpness-aware minimisation (Foret et al., 2021): the gradient of the worst point near by, not of where one is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import KerasTensor, ops

TINY = 1e-12
"""Added to the gradient's norm, as in the authors' code."""


def uphill(values: Sequence[Any], gradients: Sequence[KerasTensor], radius: float) -> list[KerasTensor]:
    """Return parameters moved by ``radius`` along their gradients, taken as one vector."""
    norm = ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in gradients))
    scale = ops.convert_to_tensor(np.float64(radius), dtype=norm.dtype) / (norm + TINY)
    return [value + scale * gradient for value, gradient in zip(values, gradients, strict=True)]
