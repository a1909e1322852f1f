"""Learning rates over time. PyTorch's definitions are the canonical ones, so its own classes serve as they are."""

from typing import Literal

import torch
from torch.optim import lr_scheduler


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
