"""Activations."""

import inspect

import keras
from keras import layers, ops

from models_keras.exercises.differences.parts import Arrays, give


def leaky_relu_slope(arrays: Arrays, form: str) -> Arrays:
    layer = layers.LeakyReLU(**({} if form == "default" else {"negative_slope": 0.01}))
    function = inspect.signature(keras.activations.leaky_relu).parameters["negative_slope"].default
    return give(f"{float(layer.negative_slope):g}; the function {function:g}", output=layer(arrays["features"]))


def gelu_form(arrays: Arrays, form: str) -> Arrays:
    features = ops.convert_to_tensor(arrays["features"])
    output = ops.gelu(features) if form == "default" else ops.gelu(features, approximate=False)
    return give("`ops.gelu`: by tanh; the layer: exact", output=output)


def prelu_slope(arrays: Arrays, form: str) -> Arrays:
    stated = {"alpha_initializer": keras.initializers.Constant(0.25), "shared_axes": [1]}
    layer = layers.PReLU(**({} if form == "default" else stated))
    output = layer(arrays["features"])
    return give(f"{layer.alpha.numpy().max():g}, one for each feature", output=output)
