"""Activations that are computed once more where the gradient needs them, in place of being kept (Chen et al., 2016)."""

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


def recomputed(layer: nn.Module, x: Tensor, *others: Tensor) -> Tensor:
    """Call a layer of which a train step keeps the inputs alone: inner activations take no memory until they are due.

    What is drawn inside is drawn alike both times: PyTorch puts its generators back for the second.
    """
    if not torch.is_grad_enabled():
        return layer(x, *others)
    return checkpoint(layer, x, *others, use_reentrant=False)
