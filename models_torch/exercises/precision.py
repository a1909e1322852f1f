"""Mixed precision by itself: gradients that are too small or too large for a type, with and without loss scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from models_torch.techniques.precision import make_scaler, scaled_step

if TYPE_CHECKING:
    from harness.contract import Array


def descend(
    arrays: Mapping[str, Array], dtype: str, rate: float, initial: float = 0.0, growth_steps: int = 0
) -> dict[str, Array]:
    """Descend on the mean of parameter × factor, a product in ``dtype`` of a float32 parameter (D,).

    Args:
        arrays: The ``parameter`` to begin with, and the ``factors`` of each step, (steps, D).
        dtype: ``float32``, ``bfloat16`` or ``float16``.
        rate: The learning rate.
        initial: Scale of the loss; 0 leaves it as it is.
        growth_steps: After which the scale is doubled.

    Returns:
        The ``parameter`` after each step, (steps, D), and, where scaled, the ``scale`` that was then in force and how
        many steps had been ``left out``.
    """
    compute = getattr(torch, dtype)
    parameter = nn.Parameter(torch.from_numpy(arrays["parameter"].copy()))
    optimizer = torch.optim.SGD([parameter], rate)
    scaler = make_scaler(initial, growth_steps) if initial else None
    parameters, scales, left_out = [], [], []
    for factor in torch.from_numpy(arrays["factors"]):
        loss = (parameter.to(compute) * factor.to(compute)).float().mean()
        left_out.append(scaled_step(loss, optimizer, scaler))
        parameters.append(parameter.detach().clone())
        scales.append(torch.tensor(scaler.get_scale() if scaler else 0.0))
    found = {
        "parameter": torch.stack(parameters),
        "scale": torch.stack(scales),
        "left out": torch.stack(left_out).cumsum(0),
    }
    return {name: told.numpy() for name, told in found.items() if scaler or name == "parameter"}
