"""Mixed precision by itself: gradients that are too small or too large for a type, with and without loss scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from models_keras.techniques.precision import make_scaled

if TYPE_CHECKING:
    from harness.contract import Array


class Product(keras.layers.Layer):
    """Its input (N, D) times a parameter (D,), in the compute type of its policy."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create the parameter, in float32."""
        self.parameter = self.add_weight(shape=input_shape[1:])

    def call(self, x: Any) -> Any:
        """Return the product."""
        return x * self.parameter


def descend(
    arrays: Mapping[str, Array], dtype: str, rate: float, initial: float = 0.0, growth_steps: int = 0
) -> dict[str, Array]:
    """Descend on the mean of parameter × factor, a product in ``dtype`` of a float32 parameter (D,).

    Args:
        arrays: The ``parameter`` to begin with, and the ``factors`` of each step, (steps, D).
        dtype: ``float32``, ``bfloat16`` or ``float16``.
        rate: The learning rate.
        initial: Scale of the loss; 0 leaves it as it is.
        growth_steps: After which the scale is doubled.

    Returns:
        The ``parameter`` after each step, (steps, D), and, where scaled, the ``scale`` that was then in force and how
        many steps had been ``left out``.
    """
    layer = Product(dtype=dtype if dtype == "float32" else f"mixed_{dtype}")
    model = keras.Sequential([keras.Input(arrays["parameter"].shape), layer])
    optimizer = keras.optimizers.SGD(rate)
    scaled = make_scaled(optimizer, initial, growth_steps) if initial else None
    model.compile(scaled or optimizer, loss=lambda _, outputs: keras.ops.mean(outputs, axis=-1), auto_scale_loss=False)
    layer.parameter.assign(arrays["parameter"])
    parameters, scales, left_out = [], [], []
    for taken, factor in enumerate(arrays["factors"], 1):
        model.train_on_batch(factor[np.newaxis], np.zeros((1, 1), np.float32))
        parameters.append(keras.ops.convert_to_numpy(layer.parameter))
        scales.append(keras.ops.convert_to_numpy(scaled.dynamic_scale) if scaled else 0.0)
        left_out.append(taken - int(model.optimizer.iterations))
    found = {"parameter": np.stack(parameters), "scale": np.stack(scales), "left out": np.array(left_out)}
    return {name: told for name, told in found.items() if scaled or name == "parameter"}
