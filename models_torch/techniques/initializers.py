"""Initializers: functions that fill a weight in place and return it.

Fans are PyTorch's, for every layer: of a weight (first, second, *window), fan_in is second × window and fan_out is
first × window. A depthwise weight is (channels × multiplier, 1, *window), a transposed one (in, out, *window).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from torch import Tensor, nn

from models_torch.techniques.regularizers import WITH_WEIGHTS

Initializer: TypeAlias = Callable[[Tensor], Tensor]

STD_OF_TRUNCATED = 0.8796256610342398
"""Standard deviation of N(0, 1) cut at ±2."""


def _truncated_normal(weight: Tensor, scale: float) -> Tensor:
    """Draw from a normal cut at two of its own deviations, widened so that the variance is scale / fan_in."""
    std = math.sqrt(scale / weight[0].numel()) / STD_OF_TRUNCATED
    return nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


INITIALIZERS: Mapping[str, Callable[..., Initializer]] = {
    "zeros": lambda: nn.init.zeros_,
    "normal": lambda std=1.0: partial(nn.init.normal_, std=std),
    "xavier_uniform": lambda: nn.init.xavier_uniform_,
    "xavier_normal": lambda: nn.init.xavier_normal_,
    "he_uniform": lambda: partial(nn.init.kaiming_uniform_, nonlinearity="relu"),
    "he_normal": lambda: partial(nn.init.kaiming_normal_, nonlinearity="relu"),
    "he_truncated_normal": lambda: partial(_truncated_normal, scale=2.0),
    "lecun_uniform": lambda: partial(nn.init.kaiming_uniform_, nonlinearity="linear"),
    "lecun_normal": lambda: partial(nn.init.kaiming_normal_, nonlinearity="linear"),
    "lecun_truncated_normal": lambda: partial(_truncated_normal, scale=1.0),
    "orthogonal": lambda: nn.init.orthogonal_,
    "torch_default": lambda: partial(nn.init.kaiming_uniform_, a=math.sqrt(5)),
}
"""By name. Variances: Xavier 2 / (fan_in + fan_out) (Glorot and Bengio, 2010), He 2 / fan_in (He et al., 2015), LeCun
1 / fan_in; only ``truncated`` is cut, at two deviations. Keras' default is ``xavier_uniform``, with ``zeros`` for
biases; what it calls ``he_normal`` is cut. ``torch_default`` is U(±1 / √fan_in). ``orthogonal`` (Saxe et al., 2014):
rows or columns of the matrix (first, second × window), whichever are fewer, are orthonormal."""


def make_initializer(name: str, **options: Any) -> Initializer:
    """Return the initializer of that name; ``normal`` takes its ``std``, 1 unless told."""
    return INITIALIZERS[name](**options)


def make_bias_initializer(fan_in: int) -> Initializer:
    """Return PyTorch's default for a bias, U(±1 / √fan_in), by the fan of the weight beside it."""
    bound = 1 / math.sqrt(fan_in)
    return partial(nn.init.uniform_, a=-bound, b=bound)


def initialize(model: nn.Module, name: str) -> None:
    """Draw the weights of a model's linear layers and convolutions by the initializer of that name; biases become 0."""
    for layer in model.modules():
        if isinstance(layer, WITH_WEIGHTS):
            make_initializer(name)(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
