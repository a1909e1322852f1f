"""A layer with a state, and a function with a gradient of its own: what one writes when nothing ready-made fits."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import KerasTensor, layers, ops

MOMENTUM = 0.1


class Centred(layers.Layer):
    """Takes the mean of each feature away: in training the batch's, in evaluation a running mean. (N, F) → (N, F).

    The state is a weight that is not trained. Each batch moves it a tenth of the way to its mean. Frozen, the
    layer does in training what it does in evaluation, as Keras' batch norm.
    """

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create the state."""
        self.running_mean = self.add_weight(shape=input_shape[1:], initializer="zeros", trainable=False)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        """Return ``x`` without its mean."""
        if not (training and self.trainable):
            return x - self.running_mean
        mean = ops.mean(x, axis=0)
        momentum = ops.convert_to_tensor(np.float64(MOMENTUM), dtype=x.dtype)
        self.running_mean.assign(self.running_mean + momentum * (ops.stop_gradient(mean) - self.running_mean))
        return x - mean


@ops.custom_gradient
def straight_through(x: KerasTensor) -> tuple[KerasTensor, Callable[..., Any]]:
    """Return the sign, 1 for 0, whose gradient is passed on as if it were the identity within ±1.

    The sign's own gradient is zero everywhere, which teaches nothing (Courbariaux et al., 2016).
    """
    value = ops.where(x >= 0, ops.ones_like(x), -ops.ones_like(x))

    def backward(*_: Any, upstream: Any = None) -> Any:
        (gradient,) = _ if upstream is None else (upstream,)  # the torch backend names it
        return gradient * ops.cast(ops.abs(x) <= 1, x.dtype)

    return value, backward
