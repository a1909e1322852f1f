"""Losses by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from models_numpy.losses import LOSSES

if TYPE_CHECKING:
    from harness.contract import Array


def loss(arrays: Mapping[str, Array], name: str, options: Mapping[str, Any]) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` and ``targets``, and its gradient with respect to the outputs."""
    value, gradient = LOSSES[name](arrays["outputs"], arrays["targets"], **options)
    return {"value": np.array(value), "gradient": gradient}
