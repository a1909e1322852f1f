"""Dropout by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np

from models_keras.techniques.regularizers import make_dropout

if TYPE_CHECKING:
    from harness.contract import Array


def dropout(arrays: Mapping[str, Array], rate: float, calls: int, seed: int) -> dict[str, Array]:
    """Return what one layer makes of ``x`` in training, at each of some calls, and then in evaluation."""
    keras.utils.set_random_seed(seed)
    layer, x = make_dropout(rate), keras.ops.convert_to_tensor(arrays["x"])
    training = np.stack([keras.ops.convert_to_numpy(layer(x, training=True)) for _ in range(calls)])
    return {"training": training, "evaluation": keras.ops.convert_to_numpy(layer(x, training=False))}


def training(arrays: Mapping[str, Array], rate: float, steps: int, seed: int) -> dict[str, Array]:
    """Return what dropout makes of ``x`` (1, F) in each of some train steps, read from a linear layer behind it.

    The loss is |t − w · dropout(x)| with a t far above, so that gradient descent adds dropout(x) to w.
    """
    keras.utils.set_random_seed(seed)
    x = arrays["x"]
    head = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input(x.shape[1:]), make_dropout(rate), head])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mae")
    weights = [np.zeros(x.shape[1])]
    for _ in range(steps):
        model.train_on_batch(x, np.full((1, 1), 1e9))
        weights.append(keras.ops.convert_to_numpy(head.kernel)[:, 0].copy())
    return {"training": np.diff(weights, axis=0)}
