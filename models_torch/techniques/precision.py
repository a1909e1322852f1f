"""Dynamic loss scaling (Micikevicius et al., 2018): what keeps small gradients of float16 from becoming zero."""

import torch
from torch import Tensor


def make_scaler(initial: float = 2.0**16, growth_steps: int = 2000, device: str = "cpu") -> torch.amp.GradScaler:
    """Return what multiplies a loss before its gradient is taken, and divides the gradients before they are applied.

    The scale is halved, and the step left out, where a gradient is not finite. It is doubled after ``growth_steps``
    finite ones in a row.
    """
    return torch.amp.GradScaler(device, init_scale=initial, growth_interval=growth_steps)


def scaled_step(loss: Tensor, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler | None) -> Tensor:
    """Take one step of gradient descent on a loss, scaled or not.

    Returns:
        1 if the step was left out, else 0: a scalar on the device, which nobody has waited for.
    """
    optimizer.zero_grad()
    if scaler is None:
        loss.backward()
        optimizer.step()
        return torch.zeros(())
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)  # before clipping looks: a fused optimizer would divide only inside its kernel
    # PyTorch keeps to itself whether it leaves a step out; a fused optimizer is called even then.
    left_out = sum(scaler._found_inf_per_device(optimizer).values(), torch.zeros((), device=loss.device))
    scaler.step(optimizer)
    scaler.update()
    return left_out
