"""Batch norm in training and activations beside PyTorch's, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: case -> largest difference of a running statistic after three batches, relative to PyTorch's,
and of the outputs, for the class in use and for Keras' own with the same numbers; and for each activation and type the
largest difference. How far float32 sums of many values are off. And what networks say of inputs that they cannot take.
"""

import json
import sys

import keras
import numpy as np
import torch
from keras import layers
from keras.src.backend.common import dtypes
from refusals import refusals
from torch import nn

from models_keras.techniques.activations import ACTIVATIONS
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_torch.techniques.activations import ACTIVATIONS as TORCH_ACTIVATIONS

dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)
if keras.config.backend() == "jax":
    import jax

    jax.config.update("jax_enable_x64", True)

IMAGE, FEATURES = (2, 4, 3, 5), (4, 6)


def check(make, shape, dtype):
    """Both from the same random state, in the middle of training."""
    keras.config.set_floatx(dtype)
    rng = np.random.default_rng(0)
    ours = make(dtype=dtype)
    channel_last = (shape[0], *shape[2:], shape[1])
    ours.build(channel_last)
    theirs = (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(shape[1], dtype=getattr(torch, dtype)).train()
    state = [rng.uniform(0.5, 1.5, shape[1]) for _ in range(4)]
    for variable, own, value in zip(
        (ours.gamma, ours.beta, ours.moving_mean, ours.moving_variance),
        (theirs.weight.data, theirs.bias.data, theirs.running_mean, theirs.running_var),
        state,
        strict=True,
    ):
        variable.assign(value)
        own.copy_(torch.from_numpy(value))
    errors = {"statistics": 0.0, "outputs": 0.0}
    for _ in range(3):
        x = rng.normal(0.5, 2, shape).astype(dtype)
        y = keras.ops.convert_to_numpy(ours(keras.ops.convert_to_tensor(np.moveaxis(x, 1, -1)), training=True))
        expected = theirs(torch.from_numpy(x)).detach().numpy()
        errors["outputs"] = max(errors["outputs"], float(np.max(np.abs(np.moveaxis(y, -1, 1) - expected))))
    for found, own in ((ours.moving_mean, theirs.running_mean), (ours.moving_variance, theirs.running_var)):
        expected = own.numpy()
        error = float(np.max(np.abs(keras.ops.convert_to_numpy(found) - expected) / np.abs(expected)))
        errors["statistics"] = max(errors["statistics"], error)
    return errors


def refuses_one_value():
    layer = UnbiasedBatchNormalization()
    layer.build((None, 3))
    try:
        layer(keras.ops.ones((1, 3)), training=True)
    except ValueError as error:
        return "more than 1 value per channel" in str(error)
    return False


def long_sums(make):
    """The variance of 25,088 values of each channel in float32, against float64's."""
    keras.config.set_floatx("float32")
    layer = make(dtype="float32")
    rng = np.random.default_rng(1)
    x = (rng.normal(0.3, 1, (32, 28, 28, 16)) * (rng.random((1, 28, 28, 1)) > 0.5)).astype("float32")
    layer(keras.ops.convert_to_tensor(x), training=True)
    count = x[..., 0].size
    variance = (keras.ops.convert_to_numpy(layer.moving_variance).astype(np.float64) - 0.9) / 0.1
    expected = x.astype(np.float64).var((0, 1, 2)) * (count / (count - 1) if make is UnbiasedBatchNormalization else 1)
    return float(np.max(np.abs(variance / expected - 1)))


def activation(name, dtype):
    keras.config.set_floatx(dtype)
    x = np.linspace(-4, 4, 101).astype(dtype)
    found = keras.ops.convert_to_numpy(ACTIVATIONS[name](keras.ops.convert_to_tensor(x)))
    return float(np.max(np.abs(found - TORCH_ACTIVATIONS[name](torch.from_numpy(x)).numpy())))


def keras_own(**options):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, **options)


if __name__ == "__main__":
    found = {
        f"{name} {dtype} {'image' if shape == IMAGE else 'features'}": check(make, shape, dtype)
        for name, make in (("ours", UnbiasedBatchNormalization), ("keras", keras_own))
        for dtype in ("float32", "float64")
        for shape in (IMAGE, FEATURES)
    }
    activations = {
        dtype: {name: activation(name, dtype) for name in ACTIVATIONS | TORCH_ACTIVATIONS}
        for dtype in ("float32", "float64")
    }
    keras.config.set_floatx("float32")
    sys.stdout.write(
        json.dumps(
            {
                "errors": found,
                "activations": activations,
                "refuses": refuses_one_value(),
                "refusals": refusals(),
                "long sums": {"ours": long_sums(UnbiasedBatchNormalization), "keras": long_sums(keras_own)},
            }
        )
    )
