"""Layers without tensors, and penalties on tensors, by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np

from harness.contract import Optimizer
from models_keras.arm import backend
from models_keras.techniques.activations import ACTIVATIONS
from models_keras.techniques.custom import Centred, straight_through
from models_keras.techniques.optimizers import make_optimizer
from models_keras.techniques.pooling import make_pool
from models_keras.techniques.regularizers import make_penalty

if TYPE_CHECKING:
    from harness.contract import Array


def pool(arrays: Mapping[str, Array], **arguments: int | str) -> dict[str, Array]:
    """Return what pooling makes of ``x`` (N, C, H, W), and the gradient of its mean product with ``weights``."""
    x, weights = (keras.ops.convert_to_tensor(np.moveaxis(arrays[name], 1, -1)) for name in ("x", "weights"))
    model = keras.Sequential([keras.Input(x.shape[1:]), make_pool(**arguments)])
    model.compile(loss=lambda weights, output: keras.ops.mean(weights * output))
    _, _, gradient = backend.differentiator(model)(x, weights)
    found = {"output": model(x), "gradient": gradient}
    return {name: np.moveaxis(keras.ops.convert_to_numpy(tensor), -1, 1) for name, tensor in found.items()}


def activation(arrays: Mapping[str, Array], name: str) -> dict[str, Array]:
    """Return what an activation makes of ``x`` (N, F), and the gradient of its mean product with ``weights``."""
    x, weights = (keras.ops.convert_to_tensor(arrays[name]) for name in ("x", "weights"))
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Activation(ACTIVATIONS[name])])
    model.compile(loss=lambda weights, output: keras.ops.mean(weights * output))
    _, _, gradient = backend.differentiator(model)(x, weights)
    return {"output": keras.ops.convert_to_numpy(model(x)), "gradient": keras.ops.convert_to_numpy(gradient)}


def penalty(arrays: Mapping[str, Array], l1: float, l2: float) -> dict[str, Array]:
    """Return the penalty on ``weight`` (out, in) and its gradient: a layer's, as it joins a loss of nothing."""
    kernel = arrays["weight"].T
    layer = keras.layers.Dense(kernel.shape[1], use_bias=False, kernel_regularizer=make_penalty(l1, l2))
    model = keras.Sequential([keras.Input(kernel.shape[:1]), layer])
    model.compile(loss=lambda _, outputs: 0 * keras.ops.mean(outputs))
    layer.kernel.assign(kernel)
    x, y = (keras.ops.zeros((1, width), dtype=kernel.dtype) for width in kernel.shape)
    value, (gradient,), _ = backend.differentiator(model)(x, y)
    return {"value": keras.ops.convert_to_numpy(value), "gradient": keras.ops.convert_to_numpy(gradient).T}


def custom(arrays: Mapping[str, Array], function: str) -> dict[str, Array]:
    """Return what a custom layer or function makes of ``x`` (N, F), and the gradient by ``x`` as in ``pool``.

    Of a layer with a state also its state, after one call in training, and what it makes of ``x`` in evaluation.
    """
    x, weights = (keras.ops.convert_to_tensor(arrays[name]) for name in ("x", "weights"))
    centred = function == "centred"
    layer = Centred() if centred else keras.layers.Lambda(straight_through)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(loss=lambda weights, output: keras.ops.mean(weights * output))
    _, _, gradient = backend.differentiator(model)(x, weights)
    state = {"state": layer.running_mean.numpy(), "evaluated": model(x, training=False)} if centred else {}
    found = {"output": model(x, training=True), "gradient": gradient, **state}  # which moves the state once more
    return {name: keras.ops.convert_to_numpy(tensor) for name, tensor in found.items()}


def decay(arrays: Mapping[str, Array], steps: int, l2: float) -> dict[str, Array]:
    """Return a weight (out, in) without bias after steps of momentum on a squared error, shrunk in two ways.

    Returns:
        ``penalized``, by λ₂ Σw² in the loss, and ``decayed``, by the optimizer's coupled decay of 2λ₂.
    """
    kernel, x, y = arrays["weight"].T, arrays["x"], arrays["y"]
    found = {}
    for name, penalty, decayed in (("penalized", l2, 0.0), ("decayed", 0.0, 2 * l2)):
        regularizer = make_penalty(l2=penalty) if penalty else None
        layer = keras.layers.Dense(kernel.shape[1], use_bias=False, kernel_regularizer=regularizer)
        model = keras.Sequential([keras.Input(kernel.shape[:1]), layer])
        model.compile(make_optimizer(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=decayed)), "mse")
        layer.kernel.assign(kernel)
        model.fit(x, y, batch_size=len(x), epochs=steps, shuffle=False, verbose=0)
        found[name] = keras.ops.convert_to_numpy(layer.kernel).T
    return found
