"""Learning rates over time. PyTorch's definitions are the canonical ones, so its own classes serve as they are."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler

from harness.contract import Schedule


def make_cosine(optimizer: torch.optim.Optimizer, steps: int, floor: float = 0.0) -> lr_scheduler.LRScheduler:
    """Return a cosine from the optimizer's learning rate to ``floor`` in ``steps`` steps, and up again afterwards.

    Call its ``step()`` after each step of the optimizer.
    """
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps, eta_min=floor)


def make_plateau(
    optimizer: torch.optim.Optimizer,
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    cooldown: int = 0,
    floor: float = 0.0,
    mode: Literal["min", "max"] = "min",
) -> lr_scheduler.ReduceLROnPlateau:
    """Return what multiplies the learning rate by ``factor`` after *more* than ``patience`` epochs without progress.

    Call its ``step(metric)`` after each epoch. Progress is a metric better than the best by the share ``threshold``.
    """
    return lr_scheduler.ReduceLROnPlateau(
        optimizer, mode, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, min_lr=floor
    )


class OneCycle(lr_scheduler.OneCycleLR):
    """Stays at its lowest learning rate after its end, where PyTorch's own raises: a race goes on for longer."""

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next step's learning rate."""
        if self.last_epoch < self.total_steps - 1:
            super().step(epoch)


def make_one_cycle(optimizer: torch.optim.Optimizer, spec: Schedule) -> lr_scheduler.LRScheduler:
    """Return a cosine up to the optimizer's learning rate and one down; its momentum stays (Smith, 2018, cycles it)."""
    return OneCycle(
        optimizer,
        max_lr=optimizer.param_groups[0]["lr"],
        total_steps=spec.steps,
        pct_start=spec.share,
        cycle_momentum=False,
        div_factor=spec.rise,
        final_div_factor=spec.fall,
    )


SCHEDULES: Mapping[str, Callable[[torch.optim.Optimizer, Schedule], Any]] = {
    "step": lambda optimizer, spec: lr_scheduler.StepLR(optimizer, spec.steps, gamma=spec.factor),
    "exponential": lambda optimizer, spec: lr_scheduler.ExponentialLR(optimizer, gamma=spec.factor),
    "cosine": lambda optimizer, spec: make_cosine(optimizer, spec.steps, spec.floor),
    "cosine_restarts": lambda optimizer, spec: lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer, spec.steps, spec.growth, eta_min=spec.floor
    ),
    "warmup": lambda optimizer, spec: lr_scheduler.LinearLR(optimizer, spec.factor, total_iters=spec.steps),
    "one_cycle": make_one_cycle,
    "polynomial": lambda optimizer, spec: lr_scheduler.PolynomialLR(optimizer, spec.steps, power=spec.power),
    "plateau": lambda optimizer, spec: make_plateau(optimizer, spec.factor, patience=spec.steps, floor=spec.floor),
}


def make_schedule(optimizer: torch.optim.Optimizer, spec: Schedule) -> Any:
    """Return the scheduler, of ``torch.optim.lr_scheduler``, that ``spec`` names.

    Call its ``step()`` after each step of the optimizer; that of a plateau, with the training loss, after each epoch.
    """
    return SCHEDULES[spec.name](optimizer, spec)


def find_learning_rate(
    model: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    batches: Iterable[tuple[Tensor, Tensor]],
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 100,
) -> tuple[list[float], list[float]]:
    """Train with a learning rate that grows by the same factor from step to step (Smith, 2015), and note the losses.

    Model and optimizer are used up by it. It ends early at the first loss that is not finite.

    Args:
        model: To be trained, in training mode.
        loss: Of outputs and targets.
        optimizer: Over the model's parameters.
        batches: Inputs and targets, gone through again and again.
        lowest: The first step's learning rate.
        highest: The last step's.
        steps: How many.

    Returns:
        Learning rates and the loss of each batch before its step, both (steps,) or shorter.
    """
    rates: list[float] = []
    losses: list[float] = []
    for step, (x, y) in enumerate(itertools.islice(itertools.cycle(batches), steps)):
        rate = lowest * (highest / lowest) ** (step / (steps - 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        if not math.isfinite(value.item()):
            break
        rates.append(rate)
        losses.append(value.item())
    return rates, losses
