"""Learning rates over time. PyTorch's definitions are the canonical ones, so its own classes serve as they are."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
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


def make_one_cycle(optimizer: torch.optim.Optimizer, spec: Schedule) -> lr_scheduler.LRScheduler:
    """Return a cosine up to the optimizer's learning rate and one down; its momentum stays (Smith, 2018, cycles it)."""
    return lr_scheduler.OneCycleLR(
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
