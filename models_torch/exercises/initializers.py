"""Initializers by themselves: many draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from models_torch.techniques.initializers import make_bias_initializer, make_initializer

if TYPE_CHECKING:
    from harness.contract import Array

LAYERS: Mapping[str, Callable[..., nn.Module]] = {
    "dense": lambda outputs, inputs: nn.Linear(inputs, outputs),
    "conv": lambda outputs, inputs, *window: nn.Conv2d(inputs, outputs, window),
    "depthwise": lambda outputs, _, *window: nn.Conv2d(outputs // 2, outputs, window, groups=outputs // 2),
    "transposed": lambda inputs, outputs, *window: nn.ConvTranspose2d(inputs, outputs, window),
}
"""A layer by the canonical shape of its weight; a depthwise convolution has multiplier 2."""


def draw(
    arrays: Mapping[str, Array], name: str, layer: str, shape: Sequence[int], seeds: Sequence[int]
) -> dict[str, Array]:
    """Fill the weights of two layers, and their biases by PyTorch's default, once for each seed of the process.

    Returns:
        ``weight`` (seeds, 2, *shape) and ``bias`` (seeds, 2, outputs).
    """
    drawn: dict[str, list[Array]] = {"weight": [], "bias": []}
    for seed in seeds:
        torch.manual_seed(seed)
        for made in [LAYERS[layer](*shape).to(torch.float64) for _ in range(2)]:
            make_initializer(name)(made.weight)
            make_bias_initializer(made.weight[0].numel())(made.bias)
            drawn["weight"].append(made.weight.detach().numpy())
            drawn["bias"].append(made.bias.detach().numpy())
    return {tensor: np.stack(found).reshape(len(seeds), 2, *found[0].shape) for tensor, found in drawn.items()}
