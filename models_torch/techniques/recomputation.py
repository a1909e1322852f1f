"""Activations that are computed once more where the gradient needs them, in place of being kept (Chen et al., 2016)."""

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


def recomputed(layer: nn.Module, x: Tensor, *masks: Tensor) -> Tensor:
    """Call a layer of which a train step keeps the inputs alone: inner activations take no memory until they are due.

    What is drawn inside is drawn alike both times: PyTorch puts its generators back for the second. Nothing else may
    change in a call, such as running statistics: they would be moved twice.

    Args:
        layer: Takes ``x`` and the masks.
        x: Has a gradient.
        *masks: Have none.
    """
    if not (layer.training and torch.is_grad_enabled()):
        return layer(x, *masks)
    return checkpoint(layer, x, *masks, use_reentrant=False)
