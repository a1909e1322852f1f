"""Regularization: dropout, and penalties on the size of weights."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

WITH_WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def make_dropout(rate: float) -> nn.Module:
    """Return inverted dropout (Srivastava et al., 2014): in training each element is 0 with probability ``rate``.

    The others are divided by 1 − rate, so that expectations stay. The mask is new at every call and its elements are
    independent, also across the samples of a batch. In evaluation the layer is the identity.
    """
    return nn.Dropout(rate)


def make_penalty(l1: float = 0.0, l2: float = 0.0) -> Callable[[Tensor], Tensor]:
    """Return λ₁ Σ|w| + λ₂ Σw² of a weight, to be added to the loss: the lasso, ridge, or with both the elastic net.

    λ₂ has no ½ before it: it is a coupled weight decay of 2λ₂. The derivative of |w| at 0 is 0.
    """
    return lambda weight: l1 * weight.abs().sum() + l2 * weight.square().sum()


def weights_of(model: nn.Module) -> list[nn.Parameter]:
    """Return the weights that regularizers are about: those of linear layers and convolutions."""
    return [module.weight for module in model.modules() if isinstance(module, WITH_WEIGHTS)]


@torch.no_grad()
def limit_norm(weights: Iterable[nn.Parameter], most: float) -> None:
    """Shrink what enters a unit to a Euclidean norm of at most ``most`` (Srivastava et al., 2014), in place.

    Units are the first axis of a weight (of a transposed convolution, those of its input).
    """
    for weight in weights:
        norms = weight.flatten(1).norm(dim=1).clamp(min=torch.finfo(weight.dtype).tiny)
        weight.mul_((most / norms).clamp(max=1).view(-1, *[1] * (weight.ndim - 1)))
