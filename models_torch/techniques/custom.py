"""A layer with a state, and a function with a gradient of its own: what one writes when nothing ready-made fits."""

from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.1


class Centred(nn.Module):
    """Takes the mean of each feature away: in training the batch's, in evaluation a running mean. (N, F) → (N, F).

    The state is a buffer: saved with the model, but not trained. Each batch moves it a tenth of the way to its mean.
    """

    def __init__(self, features: int):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` without its mean."""
        if not self.training:
            return x - self.running_mean
        mean = x.mean(0)
        self.running_mean += MOMENTUM * (mean.detach() - self.running_mean)
        return x - mean


class StraightThrough(torch.autograd.Function):
    """The sign, 1 for 0, whose gradient is passed on as if it were the identity within ±1 (Courbariaux et al., 2016).

    The sign's own gradient is zero everywhere, which teaches nothing.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return the sign of ``x``."""
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Return the gradient where ``x`` was within ±1, and zero beyond."""
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() <= 1)


def straight_through(x: Tensor) -> Tensor:
    """Return the sign of ``x``; see ``StraightThrough``."""
    return StraightThrough.apply(x)
