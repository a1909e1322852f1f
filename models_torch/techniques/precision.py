"""Dynamic loss scaling (Micikevicius et al., 2018): what keeps small gradients of float16 from becoming zero."""

import torch
from torch import Tensor


def make_scaler(initial: float = 2.0**16, growth_steps: int = 2000, device: str = "cpu") -> torch.amp.GradScaler:
    """Return what multiplies a loss before its gradient is taken, and divides the gradients before they are applied.

    The scale is halved, and the step left out, where a gradient is not finite. It is doubled after ``growth_steps``
    finite ones in a row.
    """
    return torch.amp.GradScaler(device, init_scale=initial, growth_interval=growth_steps)


def scaled_step(loss: Tensor, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler | None) -> None:
    """Take one step of gradient descent on a loss, scaled or not."""
    optimizer.zero_grad()
    if scaler is None:
        loss.backward()
        optimizer.step()
        return
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
