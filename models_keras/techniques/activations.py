"""Activation functions by name, with PyTorch's numbers where Keras' defaults are others.

TensorFlow takes the √2 of its exact GELU and the slope of its leaky ReLU through float32 whatever the type. GELU is
written out in float64 and fused below it, where that is faster; leaky ReLU always.
"""

import math

import keras
from keras import KerasTensor, ops

from models_keras.techniques.custom import straight_through


def gelu(x: KerasTensor) -> KerasTensor:
    """Gaussian error linear unit x Φ(x), exact (Hendrycks and Gimpel, 2016); Keras' default approximates it by tanh."""
    if _in_float64(x):
        return x * (0.5 + 0.5 * ops.erf(x * math.sqrt(0.5)))
    return ops.gelu(x, approximate=False)


def gelu_tanh(x: KerasTensor) -> KerasTensor:
    """Gaussian error linear unit, approximated by tanh (Hendrycks and Gimpel, 2016), as in GPT-2."""
    if _in_float64(x):
        return 0.5 * x * (1.0 + ops.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return ops.gelu(x, approximate=True)


def leaky_relu(x: KerasTensor) -> KerasTensor:
    """Rectified linear unit with a slope of .01 below zero (Maas et al., 2013); Keras' default is .2."""
    return ops.maximum(x, 0.01 * x)


def softmax(x: KerasTensor) -> KerasTensor:
    """Shares of the units of a layer, all positive, that add up to 1."""
    return ops.softmax(x, axis=-1)


def snake(x: KerasTensor) -> KerasTensor:
    """Snake, x + sin² x (Ziyin et al., 2020): in neither framework, so written by hand; autograd differentiates it."""
    return x + ops.square(ops.sin(x))


def _in_float64(x: KerasTensor) -> bool:
    return keras.backend.standardize_dtype(x.dtype) == "float64"


ACTIVATIONS = {
    "relu": ops.relu,
    "leaky_relu": leaky_relu,
    "elu": ops.elu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": ops.silu,
    "tanh": ops.tanh,
    "sigmoid": ops.sigmoid,
    "softmax": softmax,
    "snake": snake,
    "sign": ops.sign,
    "straight_through": straight_through,
}
