"""What a device can do at most, through Keras: each function prepares a piece of work and returns what runs it.

As in a model, TensorFlow runs a graph and JAX compiled code; torch is eager.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from models_keras.arm import backend

Run = Callable[[], Any]


def matrix_product(size: int, dtype: str) -> Run:
    """Multiply two square matrices."""
    a, b = (ops.cast(keras.random.uniform((size, size), seed=seed), dtype) for seed in (1, 2))
    multiply = backend.compiled(ops.matmul)
    return lambda: multiply(a, b)


def memory(numbers: int) -> Run:
    """Add one array of float32 numbers to another, in place."""
    added: Run = backend.adder(numbers)
    return added


def call() -> Run:
    """Add two numbers: all but nothing."""
    x, add = ops.ones(()), backend.compiled(ops.add)
    return lambda: add(x, x)


def transfer(numbers: int) -> Run:
    """Carry an array of float32 numbers from the host to the device, as batches are."""
    held = np.ones(numbers, np.float32)
    return lambda: backend.place(held)


def wait(result: Any) -> Any:
    """Return once the result is there."""
    return backend.wait(result)
