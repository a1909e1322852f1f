"""Optimizers. PyTorch's definitions are the canonical ones, so its own classes serve as they are where it has them."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from harness.contract import Optimizer
from models_torch.techniques.clipping import clip

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of Muon's polynomial: it drives singular values to about 1, between .7 and 1.2, in five steps (Jordan, 2024)."""


class Lion(torch.optim.Optimizer):
    """u = sign(β₁m + (1 − β₁)g); p ← (1 − ηλ)p − ηu; m ← β₂m + (1 − β₂)g (Chen et al., 2023). PyTorch has none."""

    def __init__(self, params: Any, lr: float, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Update all parameters that have a gradient."""
        for group in self.param_groups:
            beta_1, beta_2 = group["betas"]
            for p in (p for p in group["params"] if p.grad is not None):
                mean = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * (beta_1 * mean + (1 - beta_1) * p.grad).sign())
                mean.mul_(beta_2).add_(p.grad, alpha=1 - beta_2)


class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are made nearly orthogonal (Jordan, 2024), in the type of the parameters.

    b ← μb + g; p ← (1 − ηλ)p − 0.2 √max(rows, columns) η · orthogonal(g + μb), with the factor of Liu et al. (2025), by
    which Adam's learning rates suit. PyTorch's own computes in bfloat16; and all but matrices, which it refuses, are
    updated here as AdamW does.
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        momentum: float = 0.95,
        nesterov: bool = True,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.1,
    ):
        defaults = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "betas": betas, "eps": eps}
        super().__init__(params, defaults | {"weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Update all parameters that have a gradient."""
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                state = self.state[p]
                state.setdefault("step", torch.zeros(())).add_(1)  # a tensor, as PyTorch's own, for checkpoints
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * (self._turn if p.ndim == 2 else self._scale)(p.grad, state, group))

    @staticmethod
    def _turn(g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        buffer = state.setdefault("momentum_buffer", torch.zeros_like(g))
        buffer.mul_(group["momentum"]).add_(g)
        ahead = g + group["momentum"] * buffer if group["nesterov"] else buffer
        return 0.2 * math.sqrt(max(g.shape)) * orthogonal(ahead)

    @staticmethod
    def _scale(g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        beta_1, beta_2 = group["betas"]
        mean, square = (state.setdefault(name, torch.zeros_like(g)) for name in ("exp_avg", "exp_avg_sq"))
        mean.lerp_(g, 1 - beta_1)
        square.mul_(beta_2).addcmul_(g, g, value=1 - beta_2)
        step = state["step"].item()
        root = (square / (1 - beta_2**step)).sqrt() + group["eps"]
        return mean / (1 - beta_1**step) / root


def orthogonal(x: Tensor, steps: int = 5) -> Tensor:
    """Return a matrix of the same singular vectors, its singular values near 1, by Newton–Schulz iterations."""
    a, b, c = COEFFICIENTS
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
        polynomial = b * gram + c * gram @ gram
        x = a * x + (polynomial @ x if x.shape[0] <= x.shape[1] else x @ polynomial)
    return x


def make_optimizer(
    spec: Optimizer,
    parameters: Iterable[nn.Parameter],
    shares: Sequence[float] | None = None,
    *,
    fused: bool = False,
) -> torch.optim.Optimizer:
    """Return the optimizer that ``spec`` names, over ``parameters``. It clips their gradients at each step if asked.

    Args:
        spec: What it is, with all its numbers.
        parameters: What it trains.
        shares: Of the learning rate, one for each parameter; None for all of it.
        fused: One kernel for the whole update, where PyTorch has one.
    """
    parameters = list(parameters)
    make, arguments = OPTIMIZERS[spec.name]
    # One operation for all tensors, or one for each: on GPU and on CPU what PyTorch chooses by itself.
    execution = {"foreach": parameters[0].is_cuda} if make.__module__.startswith("torch.") else {}
    execution = {"fused": True} if fused and make in FUSED else execution
    optimizer = make(
        by_share(parameters, shares, spec.learning_rate) if shares else parameters,
        lr=spec.learning_rate,
        weight_decay=spec.weight_decay,
        **arguments(spec),
        **execution,
    )
    return _clipping(optimizer, parameters, spec)


def make_stock_optimizer(
    spec: Optimizer, parameters: Iterable[nn.Parameter], *, fused: bool = False
) -> torch.optim.Optimizer:
    """Return PyTorch's own optimizer with its own numbers, given only what ``Optimizer.typed`` tells, and clipping."""
    parameters = list(parameters)
    make = getattr(torch.optim, OPTIMIZERS[spec.name][0].__name__)
    execution = {"fused": True} if fused and make in FUSED else {}
    return _clipping(make(parameters, lr=spec.learning_rate, **spec.typed, **execution), parameters, spec)


def _clipping(
    optimizer: torch.optim.Optimizer, parameters: Sequence[nn.Parameter], spec: Optimizer
) -> torch.optim.Optimizer:
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


def _signs(spec: Optimizer) -> dict[str, Any]:
    return {"betas": (spec.beta_1, spec.beta_2)}


def _turned_momentum(spec: Optimizer) -> dict[str, Any]:
    return _momentum(spec) | _moments(spec)


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
    "lion": (Lion, _signs),
    "muon": (Muon, _turned_momentum),
}

FUSED = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad)
"""Of these PyTorch has the whole update as one kernel, on CPU and on GPU."""
