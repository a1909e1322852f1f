"""Schedules asked for the learning rate at every step or epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from models_torch.techniques.schedules import make_cosine, make_plateau

if TYPE_CHECKING:
    from harness.contract import Array


def cosine(_arrays: Mapping[str, Array], learning_rate: float, count: int, **arguments: Any) -> dict[str, Array]:
    """Return the learning rates (count,) of the first steps."""
    optimizer = _optimizer(learning_rate)
    schedule = make_cosine(optimizer, **arguments)
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"rates": np.array(rates)}


def plateau(arrays: Mapping[str, Array], learning_rate: float, **arguments: Any) -> dict[str, Array]:
    """Return the learning rate after each epoch, given the ``metrics`` of all, both (epochs,)."""
    optimizer = _optimizer(learning_rate)
    schedule = make_plateau(optimizer, **arguments)
    rates = []
    for metric in arrays["metrics"]:
        optimizer.step()
        schedule.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"rates": np.array(rates)}


def _optimizer(learning_rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=learning_rate)
