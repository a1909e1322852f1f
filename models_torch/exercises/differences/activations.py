"""Activations."""

import torch.nn.functional as F
from torch import nn

from models_torch.exercises.differences.parts import Arrays, give, take


def leaky_relu_slope(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    layer = nn.LeakyReLU()
    return give(f"{layer.negative_slope:g}", output=layer(features))


def gelu_form(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    return give("exact", output=F.gelu(features))


def prelu_slope(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    layer = nn.PReLU()
    return give(f"{layer.weight.item():g}, one for all", output=layer(features))
