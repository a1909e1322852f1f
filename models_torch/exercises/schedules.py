"""Schedules asked for the learning rate at every step or epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from harness.contract import Optimizer, Schedule
from models_torch.techniques.optimizers import make_optimizer
from models_torch.techniques.schedules import find_learning_rate, make_plateau, make_schedule

if TYPE_CHECKING:
    from harness.contract import Array


def applied(
    arrays: Mapping[str, Array], schedule: Mapping[str, Any], learning_rate: float, count: int, accumulation: int = 1
) -> dict[str, Array]:
    """Return the learning rates (count,) that SGD applies: how far a gradient of −1 takes a parameter from 0.

    Args:
        arrays: ``gradient`` (1,): −1, in the type that is tested.
        schedule: The fields of a ``harness.contract.Schedule``.
        learning_rate: Its peak.
        count: Steps of the optimizer.
        accumulation: Gradients to a step; here it is the training loop's affair, and the schedule sees steps.
    """
    gradient = torch.from_numpy(arrays["gradient"])
    parameter = nn.Parameter(torch.zeros_like(gradient))
    optimizer = make_optimizer(Optimizer("sgd", learning_rate), [parameter])
    scheduler = make_schedule(optimizer, Schedule(**schedule))
    rates = []
    for _ in range(count):
        parameter.data.zero_()
        parameter.grad = gradient.clone()
        optimizer.step()
        rates.append(parameter.item())
        scheduler.step()
    return {"rates": np.array(rates)}


def plateau(arrays: Mapping[str, Array], learning_rate: float, **arguments: Any) -> dict[str, Array]:
    """Return the learning rate after each epoch, given the ``metrics`` of all, both (epochs,)."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=learning_rate)
    schedule = make_plateau(optimizer, **arguments)
    rates = []
    for metric in arrays["metrics"]:
        optimizer.step()
        schedule.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"rates": np.array(rates)}


def finder(arrays: Mapping[str, Array], **arguments: Any) -> dict[str, Array]:
    """Run the finder on linear regression from ``weight`` (1, F), on batches ``x`` (B, N, F) and ``y`` (B, N, 1)."""
    weight, x, y = (torch.from_numpy(arrays[name]) for name in ("weight", "x", "y"))
    model = nn.Linear(weight.shape[1], 1, bias=False, dtype=weight.dtype)
    model.weight.data.copy_(weight)
    optimizer = make_optimizer(Optimizer("sgd", 0.1), model.parameters())
    rates, losses = find_learning_rate(model, F.mse_loss, optimizer, list(zip(x, y, strict=True)), **arguments)
    return {"rates": np.array(rates), "losses": np.array(losses)}
