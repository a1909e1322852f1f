"""Activation functions by name, with PyTorch's numbers where Keras' defaults are others."""

import functools
import math

import keras
from keras import KerasTensor, ops


def gelu(x: KerasTensor) -> KerasTensor:
    """Gaussian error linear unit x Φ(x), exact (Hendrycks and Gimpel, 2016); Keras' default approximates it by tanh.

    TensorFlow takes its √2 through float32 whatever the type (``tf.nn.gelu``), so in float64 it is written out.
    """
    if keras.backend.standardize_dtype(x.dtype) == "float64":
        return x * (0.5 + 0.5 * ops.erf(x * math.sqrt(0.5)))
    return ops.gelu(x, approximate=False)


ACTIVATIONS = {
    "relu": ops.relu,
    "leaky_relu": functools.partial(ops.leaky_relu, negative_slope=0.01),  # Keras' default is .2
    "elu": ops.elu,
    "gelu": gelu,
    "silu": ops.silu,
    "tanh": ops.tanh,
    "sigmoid": ops.sigmoid,
}
