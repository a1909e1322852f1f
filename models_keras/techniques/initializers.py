"""Initializers, reconciled with the distributions and fans of PyTorch.

Keras computes fans from a kernel (*window, in, out) as PyTorch does from its own layouts, transposed convolutions
included, except for a depthwise kernel (*window, channels, multiplier), whose fan_in it takes for window × channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
from keras import KerasTensor, initializers, layers, ops

STD_OF_TRUNCATED = 0.8796256610342398
"""Standard deviation of N(0, 1) cut at ±2."""


class TruncatedNormal(initializers.VarianceScaling):
    """Draws from a normal cut at two of its own deviations, widened so that the variance is scale / fan_in.

    Keras' own draws four times on its torch backend and takes the first draw if all four lie outside: 83 of 20,000,000
    values exceeded the cut. This inverts the distribution function instead, on every backend.
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> KerasTensor:
        """Return a new tensor."""
        std = math.sqrt(self.scale / math.prod(shape[:-1])) / STD_OF_TRUNCATED
        edge = math.erf(math.sqrt(2))
        uniform = keras.random.uniform(shape, -edge, edge, dtype=dtype, seed=self.seed)
        return ops.erfinv(uniform) * (std * math.sqrt(2))


class Depthwise(initializers.Initializer):
    """Draws a depthwise kernel as PyTorch does, for a grouped convolution that reads one channel per group."""

    def __init__(self, initializer: initializers.Initializer):
        self.initializer = initializer

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> KerasTensor:
        """Return a new tensor (*window, channels, multiplier)."""
        *window, channels, multiplier = shape
        return ops.reshape(self.initializer((*window, 1, channels * multiplier), dtype=dtype), shape)


INITIALIZERS: Mapping[str, Callable[..., initializers.Initializer]] = {
    "zeros": initializers.Zeros,
    "normal": lambda std=1.0: initializers.RandomNormal(stddev=std),
    "xavier_uniform": initializers.GlorotUniform,
    "xavier_normal": partial(initializers.VarianceScaling, 1.0, "fan_avg", "untruncated_normal"),
    "he_uniform": initializers.HeUniform,
    "he_normal": partial(initializers.VarianceScaling, 2.0, "fan_in", "untruncated_normal"),
    "he_truncated_normal": partial(TruncatedNormal, 2.0),
    "lecun_uniform": initializers.LecunUniform,
    "lecun_normal": partial(initializers.VarianceScaling, 1.0, "fan_in", "untruncated_normal"),
    "lecun_truncated_normal": partial(TruncatedNormal, 1.0),
    "orthogonal": initializers.Orthogonal,
    "torch_default": partial(initializers.VarianceScaling, 1 / 3, "fan_in", "uniform"),
}
"""By name. Variances: Xavier 2 / (fan_in + fan_out) (Glorot and Bengio, 2010), He 2 / fan_in (He et al., 2015), LeCun
1 / fan_in; only ``truncated`` is cut, at two deviations. Keras' default is ``xavier_uniform``, with ``zeros`` for
biases; what it calls ``he_normal`` is cut. ``torch_default`` is U(±1 / √fan_in). ``orthogonal`` (Saxe et al., 2014):
rows or columns of the matrix (first, second × window), whichever are fewer, are orthonormal, in PyTorch's
layout."""


def make_initializer(name: str, *, depthwise: bool = False, **options: Any) -> initializers.Initializer:
    """Return the initializer of that name; ``normal`` takes its ``std``, 1 unless told.

    The kernel of a depthwise convolution must be told as ``depthwise``: its shape does not tell.
    """
    initializer = INITIALIZERS[name](**options)
    return Depthwise(initializer) if depthwise else initializer


def make_bias_initializer(fan_in: int) -> initializers.Initializer:
    """Return PyTorch's default for a bias, U(±1 / √fan_in), by the fan of the weight beside it."""
    bound = 1 / math.sqrt(fan_in)
    return initializers.RandomUniform(-bound, bound)


def initialize(with_kernels: Iterable[layers.Layer], name: str) -> None:
    """Draw the kernels of dense layers and convolutions by the initializer of that name; biases become 0."""
    for layer in with_kernels:
        depthwise = isinstance(layer, (layers.DepthwiseConv1D, layers.DepthwiseConv2D))
        layer.kernel.assign(make_initializer(name, depthwise=depthwise)(layer.kernel.shape, dtype=layer.kernel.dtype))
        if layer.bias is not None:
            layer.bias.assign(ops.zeros(layer.bias.shape))
