"""Schedules asked for the learning rate at every step or epoch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from harness.contract import Optimizer, Schedule
from models_keras.techniques.optimizers import make_optimizer
from models_keras.techniques.schedules import find_learning_rate, make_plateau, make_schedule

if TYPE_CHECKING:
    from harness.contract import Array

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


def applied(
    arrays: Mapping[str, Array], schedule: Mapping[str, Any], learning_rate: float, count: int, accumulation: int = 1
) -> dict[str, Array]:
    """Return the learning rates (count,) that SGD applies, compiled: how far a gradient of −1 takes a parameter from 0.

    Args:
        arrays: ``gradient`` (1,): −1, in the type that is tested.
        schedule: The fields of a ``harness.contract.Schedule``.
        learning_rate: Its peak.
        count: Steps of the optimizer.
        accumulation: Gradients to a step.
    """
    gradient = keras.ops.convert_to_tensor(arrays["gradient"])
    parameter = keras.Variable(np.zeros_like(arrays["gradient"]))
    spec = Optimizer("sgd", learning_rate)
    optimizer = make_optimizer(spec, make_schedule(spec, Schedule(**schedule)), accumulation)
    optimizer.build([parameter])
    update = backend.updater(optimizer, [parameter])
    rates = []
    for _ in range(count):
        parameter.assign(np.zeros_like(arrays["gradient"]))
        for _ in range(accumulation):
            update([gradient])
        rates.append(float(parameter.numpy()[0]))
    return {"rates": np.array(rates)}


def plateau(arrays: Mapping[str, Array], learning_rate: float, **arguments: Any) -> dict[str, Array]:
    """Return the learning rate after each epoch, given the ``metrics`` of all, both (epochs,)."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="mse")
    callback = make_plateau(**arguments, monitor="metric")
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, metric in enumerate(arrays["metrics"]):
        callback.on_epoch_end(epoch, {"metric": float(metric)})
        rates.append(float(model.optimizer.learning_rate))
    return {"rates": np.array(rates)}


def finder(arrays: Mapping[str, Array], **arguments: Any) -> dict[str, Array]:
    """Run the finder on linear regression from ``weight`` (1, F), on batches ``x`` (B, N, F) and ``y`` (B, N, 1)."""
    weight = arrays["weight"]
    model = keras.Sequential([keras.Input((weight.shape[1],)), keras.layers.Dense(1, use_bias=False)])
    model.layers[0].kernel.assign(weight.T)
    model.compile(make_optimizer(Optimizer("sgd", 0.1)), "mse")
    rates, losses = find_learning_rate(model, list(zip(arrays["x"], arrays["y"], strict=True)), **arguments)
    return {"rates": np.array(rates), "losses": np.array(losses)}
