"""Optimizers fed with given gradients; learning rates by schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from harness.contract import Optimizer
from models_torch.techniques.optimizers import make_optimizer

if TYPE_CHECKING:
    from harness.contract import Array


def run(
    arrays: Mapping[str, Array],
    optimizer: Mapping[str, Any],
    rates: Mapping[str, Sequence[float]],
    at: Sequence[int],
    shares: Sequence[float] | None = None,
    parts: int = 1,
) -> dict[str, Array]:
    """Run an optimizer over sequences of gradients, afresh for each.

    Args:
        arrays: ``<run>/parameters/<name>``, and ``<run>/gradients/<name>`` with a leading axis of steps.
        optimizer: The fields of a ``harness.contract.Optimizer``.
        rates: By run, the learning rate of each step.
        at: After which steps to look.
        shares: Of the learning rate, one for each parameter; None for all of it.
        parts: How often a step is given its gradient, of which it takes the mean.

    Returns:
        ``<run>/<step>/parameters/<name>`` and ``<run>/<step>/<slot>/<name>``, slots by their names in ``torch.optim``.
    """
    found = {}
    for name, learning_rates in rates.items():
        given = {key: torch.from_numpy(array) for key, array in arrays.items()}
        start = f"{name}/parameters/"
        parameters = {
            key.removeprefix(start): nn.Parameter(tensor.clone())
            for key, tensor in given.items()
            if key.startswith(start)
        }
        spec = Optimizer.from_dict(optimizer)
        method = make_optimizer(spec, parameters.values(), shares)
        owned = [group["lr"] / spec.learning_rate for group in method.param_groups]
        for step, learning_rate in enumerate(learning_rates, 1):
            for group, share in zip(method.param_groups, owned, strict=True):
                group["lr"] = share * learning_rate
            for key, parameter in parameters.items():
                gradient = given[f"{name}/gradients/{key}"][step - 1]
                parameter.grad = sum(gradient / parts for _ in range(parts))
            method.step()
            if step in at:
                for key, parameter in parameters.items():
                    state = {slot: value for slot, value in method.state[parameter].items() if slot != "step"}
                    for kind, tensor in {"parameters": parameter, **state}.items():
                        found[f"{name}/{step}/{kind}/{key}"] = tensor.detach().numpy().copy()
    return found
