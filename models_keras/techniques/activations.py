"""Activation functions by name, with PyTorch's numbers where Keras' defaults are others."""

import functools

from keras import ops

ACTIVATIONS = {
    "relu": ops.relu,
    "leaky_relu": functools.partial(ops.leaky_relu, negative_slope=0.01),  # Keras' default is .2
    "elu": ops.elu,
    "gelu": functools.partial(ops.gelu, approximate=False),  # Keras' default is the approximation by tanh
    "silu": ops.silu,
    "tanh": ops.tanh,
    "sigmoid": ops.sigmoid,
}
