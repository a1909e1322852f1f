"""What the functions of all files share."""

import subprocess
import sys
from collections.abc import Callable
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


def refusal(call: Callable[[], object]) -> str:
    """Return the name of the error that a call ends in; nothing if it ends well."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""


def in_fresh_process(function: Callable[[], list[str]]) -> list[str]:
    """Return the words that a module's function gives in a process of its own, where no arm has set anything yet."""
    code = f"from {function.__module__} import {function.__name__} as give; print(*give())"
    done = subprocess.run([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()
