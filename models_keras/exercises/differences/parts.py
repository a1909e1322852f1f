"""What the functions of all files share."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from models_keras.bridge import Bridge

Arrays = dict[str, np.ndarray]


def give(says: str, **found: Any) -> Arrays:
    """Return what a function found, with the default in words."""
    return {"says": np.array(says), **{name: ops.convert_to_numpy(x) for name, x in found.items()}}


class One(keras.Model):
    """A single layer, for the bridge."""

    def __init__(self, layer: keras.Layer, flattened: tuple[int, ...] | None = None):
        super().__init__()
        self.layer = layer
        self.flattened = {"layer": flattened} if flattened else {}

    def call(self, x: Any) -> Any:
        """Apply the layer; attention to itself."""
        return self.layer(x, x) if isinstance(self.layer, layers.MultiHeadAttention) else self.layer(x)


def load(layer: keras.Layer, x: np.ndarray, arrays: Arrays, flattened: tuple[int, ...] | None = None) -> keras.Layer:
    """Build a layer on a batch, and give it canonical tensors."""
    model = One(layer, flattened)
    model(ops.convert_to_tensor(x))
    Bridge(model).load({f"layer.{name}": array for name, array in arrays.items()})
    return layer


def channels_last(images: np.ndarray) -> np.ndarray:
    """Return canonical images as Keras has them."""
    return np.moveaxis(images, 1, -1)


def channels_first(images: Any) -> np.ndarray:
    """Return Keras' images as the canonical ones."""
    return np.moveaxis(ops.convert_to_numpy(images), -1, 1)
