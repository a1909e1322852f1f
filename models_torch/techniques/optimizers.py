"""Optimizers. PyTorch's definitions are the canonical ones, so its own classes serve as they are."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from harness.contract import Optimizer
from models_torch.techniques.clipping import clip


def make_optimizer(
    spec: Optimizer, parameters: Iterable[nn.Parameter], shares: Sequence[float] | None = None
) -> torch.optim.Optimizer:
    """Return the optimizer that ``spec`` names, over ``parameters``. It clips their gradients at each step if asked.

    Args:
        spec: What it is, with all its numbers.
        parameters: What it trains.
        shares: Of the learning rate, one for each parameter; None for all of it.
    """
    parameters = list(parameters)
    make, arguments = OPTIMIZERS[spec.name]
    optimizer = make(
        by_share(parameters, shares, spec.learning_rate) if shares else parameters,
        lr=spec.learning_rate,
        weight_decay=spec.weight_decay,
        **arguments(spec),
    )
    if clipping := spec.clipping:
        optimizer.register_step_pre_hook(lambda *_: clip(parameters, clipping))
    return optimizer


def make_stock_optimizer(spec: Optimizer, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return PyTorch's own optimizer with its own numbers, given only what ``Optimizer.typed`` tells, and clipping."""
    parameters = list(parameters)
    make, _ = OPTIMIZERS[spec.name]
    optimizer = make(parameters, lr=spec.learning_rate, **spec.typed)
    if clipping := spec.clipping:
        optimizer.register_step_pre_hook(lambda *_: clip(parameters, clipping))
    return optimizer


def by_share(parameters: Sequence[nn.Parameter], shares: Sequence[float], learning_rate: float) -> list[dict[str, Any]]:
    """Return parameters in groups of one learning rate, as ``torch.optim`` takes them."""
    pairs = list(zip(parameters, shares, strict=True))
    return [
        {"params": [parameter for parameter, own in pairs if own == share], "lr": share * learning_rate}
        for share in dict.fromkeys(shares)
    ]


def _momentum(spec: Optimizer) -> dict[str, Any]:
    return {"momentum": spec.momentum, "nesterov": spec.nesterov}


def _mean_square(spec: Optimizer) -> dict[str, Any]:
    return {"alpha": spec.rho, "eps": spec.epsilon, "momentum": spec.momentum}


def _sum_of_squares(spec: Optimizer) -> dict[str, Any]:
    return {"initial_accumulator_value": spec.initial_accumulator, "eps": spec.epsilon}


def _deltas(spec: Optimizer) -> dict[str, Any]:
    return {"rho": spec.rho, "eps": spec.epsilon}


def _moments(spec: Optimizer) -> dict[str, Any]:
    return {"betas": (spec.beta_1, spec.beta_2), "eps": spec.epsilon}


def _scheduled_moments(spec: Optimizer) -> dict[str, Any]:
    return _moments(spec) | {"momentum_decay": spec.momentum_decay}


OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], Callable[[Optimizer], dict[str, Any]]]] = {
    "sgd": (torch.optim.SGD, _momentum),
    "rmsprop": (torch.optim.RMSprop, _mean_square),
    "adagrad": (torch.optim.Adagrad, _sum_of_squares),
    "adadelta": (torch.optim.Adadelta, _deltas),
    "adam": (torch.optim.Adam, _moments),
    "adamw": (torch.optim.AdamW, _moments),
    "nadam": (torch.optim.NAdam, _scheduled_moments),
    "adamax": (torch.optim.Adamax, _moments),
}
