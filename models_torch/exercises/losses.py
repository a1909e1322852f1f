"""Losses by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from models_torch.techniques.losses import make_loss

if TYPE_CHECKING:
    from harness.contract import Array


def loss(arrays: Mapping[str, Array], name: str, options: Mapping[str, Any]) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` and ``targets``, and its gradient with respect to the outputs."""
    outputs = torch.from_numpy(arrays["outputs"]).requires_grad_()
    value = make_loss(name, **options)(outputs, torch.from_numpy(arrays["targets"]))
    value.backward()
    return {"value": value.detach().numpy(), "gradient": outputs.grad.numpy()}


def mixed(arrays: Mapping[str, Array], name: str, options: Mapping[str, Any]) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` in bfloat16 and ``targets``, as mixed precision has it."""
    outputs, targets = (torch.from_numpy(arrays[given]) for given in ("outputs", "targets"))
    with torch.autocast("cpu", torch.bfloat16):
        value = make_loss(name, **options)(outputs.bfloat16(), targets)
    return {"value": value.float().numpy()}
