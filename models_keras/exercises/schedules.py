"""Schedules asked for the learning rate at every step or epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from models_keras.techniques.schedules import make_cosine, make_plateau

if TYPE_CHECKING:
    from harness.contract import Array


def cosine(_arrays: Mapping[str, Array], learning_rate: float, count: int, **arguments: Any) -> dict[str, Array]:
    """Return the learning rates (count,) of the first steps."""
    optimizer = keras.optimizers.SGD(make_cosine(learning_rate, **arguments))
    parameter = keras.Variable(np.zeros(1))
    optimizer.build([parameter])
    rates = []
    for _ in range(count):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.zeros(1)], [parameter])
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
