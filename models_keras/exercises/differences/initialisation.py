"""Initial parameters."""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from models_keras.bridge import Bridge
from models_keras.exercises.differences.parts import Arrays, One, give


def _spread(
    make: Callable[[], keras.Layer], shape: tuple[int, ...], arrays: Arrays, form: str, dtype: str = "float64"
) -> Arrays:
    """Spread of the tensors that a layer starts with: of its own drawing, or drawn for both halves."""
    keras.utils.set_random_seed(0)  # before the layer is made: its initializers draw their seeds then
    model = One(make())
    model(keras.Input(shape, dtype=dtype))
    bridge = Bridge(model)
    if form == "reconciled":
        bridge.load(arrays)
    spread = {name: [float(tensor.std()), float(np.abs(tensor).max())] for name, tensor in bridge.dump().items()}
    says = "; ".join(f"{name.removeprefix('layer.')} {std:.2g} (≤ {most:.2g})" for name, (std, most) in spread.items())
    return give(says, **spread)


def dense_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Dense(300), (700,), arrays, form)


def convolution_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Conv2D(64, 3), (8, 8, 32), arrays, form)


def depthwise_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.DepthwiseConv2D(3), (8, 8, 128), arrays, form)


def transposed_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Conv2DTranspose(16, 4), (8, 8, 64), arrays, form)


def embedding_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Embedding(500, 64), (5,), arrays, form, "int32")


def rnn_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.SimpleRNN(64), (5, 32), arrays, form)


def lstm_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.LSTM(64), (5, 32), arrays, form)


def gru_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.GRU(64), (5, 32), arrays, form)


def attention_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.MultiHeadAttention(4, 16), (5, 64), arrays, form)


def _filled(initializer: keras.initializers.Initializer) -> keras.Layer:
    return layers.Dense(500, use_bias=False, kernel_initializer=initializer)


def he_normal_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(keras.initializers.HeNormal()), (1000,), arrays, form)


def truncated_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(keras.initializers.TruncatedNormal(stddev=0.05)), (1000,), arrays, form)
