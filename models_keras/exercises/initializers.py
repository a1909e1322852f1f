"""Initializers by themselves: many draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from models_keras.bridge import Bridge
from models_keras.techniques.initializers import make_bias_initializer, make_initializer

if TYPE_CHECKING:
    from harness.contract import Array


def _dense(outputs: int, inputs: int, name: str, **options: Any) -> tuple[layers.Layer, tuple[int, ...]]:
    return layers.Dense(outputs, kernel_initializer=make_initializer(name), **options), (inputs,)


def _conv(outputs: int, inputs: int, *window: int, name: str, **options: Any) -> tuple[layers.Layer, tuple[int, ...]]:
    made = layers.Conv2D(outputs, window, kernel_initializer=make_initializer(name), **options)
    return made, (*window, inputs)


def _depthwise(outputs: int, _: int, *window: int, name: str, **options: Any) -> tuple[layers.Layer, tuple[int, ...]]:
    initializer = make_initializer(name, depthwise=True)
    made = layers.DepthwiseConv2D(window, depth_multiplier=2, depthwise_initializer=initializer, **options)
    return made, (*window, outputs // 2)


def _transposed(
    inputs: int, outputs: int, *window: int, name: str, **options: Any
) -> tuple[layers.Layer, tuple[int, ...]]:
    made = layers.Conv2DTranspose(outputs, window, kernel_initializer=make_initializer(name), **options)
    return made, (*window, inputs)


LAYERS: Mapping[str, Callable[..., tuple[layers.Layer, tuple[int, ...]]]] = {
    "dense": _dense,
    "conv": _conv,
    "depthwise": _depthwise,
    "transposed": _transposed,
}
"""A layer and the shape of a sample it takes, by the canonical shape of its weight; depthwise has multiplier 2."""


class _Two(keras.Model):
    def __init__(self, first: layers.Layer, second: layers.Layer):
        super().__init__()
        self.first = first
        self.second = second


def draw(
    arrays: Mapping[str, Array], name: str, layer: str, shape: Sequence[int], seeds: Sequence[int]
) -> dict[str, Array]:
    """Fill the weights of two layers, and their biases by PyTorch's default, once for each seed of the process.

    Returns:
        ``weight`` (seeds, 2, *shape) and ``bias`` (seeds, 2, outputs).
    """
    drawn: dict[str, list[Array]] = {"weight": [], "bias": []}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        bias_initializers = [make_bias_initializer(math.prod(shape[1:])) for _ in range(2)]
        made = [LAYERS[layer](*shape, name=name, bias_initializer=bias) for bias in bias_initializers]
        for one, sample in made:
            one.build((None, *sample))
        tensors = Bridge(_Two(*(one for one, _ in made))).dump()
        for tensor, found in drawn.items():
            found += [tensors[f"first.{tensor}"], tensors[f"second.{tensor}"]]
    return {tensor: np.stack(found).reshape(len(seeds), 2, *found[0].shape) for tensor, found in drawn.items()}
