"""Sampling by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import KerasTensor

from models_keras.arm import restart
from models_keras.techniques.sampling import Sampling

if TYPE_CHECKING:
    from harness.contract import Array


class Sampled(keras.Model):
    """Sampling on one input, (N, 2L): means, then log variances; behind it, where asked, a linear layer of zeros."""

    def __init__(self, noise: float, head: int = 0):
        super().__init__()
        self.sampling = Sampling(noise)
        zeros = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        self.head = zeros if head else keras.layers.Identity()

    def call(self, x: KerasTensor) -> KerasTensor:
        """Sample."""
        return self.head(self.sampling(*keras.ops.split(x, 2, axis=1)))


def prediction(arrays: Mapping[str, Array], noise: float, calls: int, seed: int) -> dict[str, Array]:
    """Return what is drawn for ``mean`` and ``log_variance`` (N, L) at each of some calls in evaluation."""
    model, x = Sampled(noise), _inputs(arrays)
    restart([model.sampling.seed_generator.state], seed)
    return {"drawn": np.stack([model.predict(x, batch_size=len(x), verbose=0) for _ in range(calls)])}


def training(arrays: Mapping[str, Array], noise: float, calls: int, seed: int) -> dict[str, Array]:
    """Return what is drawn for one sample (1, L) in each of some train steps, read from a linear layer behind it.

    The loss is |t − w · z| with a t far above, so that gradient descent adds z to w.
    """
    x = _inputs(arrays)
    model = Sampled(noise, head=x.shape[1] // 2)
    model(keras.Input(x.shape[1:]))
    restart([model.sampling.seed_generator.state], seed)
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mae")
    weights = [keras.ops.convert_to_numpy(model.head.kernel).T.copy()]
    for _ in range(calls):
        model.train_on_batch(x, np.full((1, 1), 1e9))
        weights.append(keras.ops.convert_to_numpy(model.head.kernel).T.copy())
    return {"drawn": np.diff(weights, axis=0)}


def _inputs(arrays: Mapping[str, Array]) -> Array:
    return np.concatenate([arrays["mean"], arrays["log_variance"]], axis=1)
