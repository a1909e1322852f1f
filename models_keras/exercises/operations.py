"""Single operations by themselves, to be timed. Each function prepares one and returns what runs it.

As in a model, TensorFlow runs a graph and JAX compiled code; torch is eager.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from harness.contract import Optimizer
from models_keras.arm import backend
from models_keras.techniques.optimizers import make_optimizer

if TYPE_CHECKING:
    from harness.contract import Array

Arrays = Mapping[str, "Array"]
Run = Callable[[], Any]


def matmul(arrays: Arrays) -> Run:
    """Multiply two matrices."""
    return _compiled(ops.matmul, *_tensors(arrays, "a", "b"))


def conv2d(arrays: Arrays) -> Run:
    """Convolve maps, padded by one."""
    x, weight = ops.convert_to_tensor(_last(arrays["x"])), ops.convert_to_tensor(arrays["weight"].transpose(2, 3, 1, 0))
    return _compiled(lambda x, weight: ops.conv(x, weight, padding="same"), x, weight)


def max_pool2d(arrays: Arrays) -> Run:
    """Take the largest of each two by two."""
    return _compiled(lambda x: ops.max_pool(x, 2, strides=2), ops.convert_to_tensor(_last(arrays["x"])))


def batch_norm(arrays: Arrays) -> Run:
    """Normalise each channel by the batch."""

    def normalise(x: Any) -> Any:
        mean, variance = ops.moments(x, (0, 1, 2))
        return ops.batch_normalization(x, mean, variance, axis=-1, epsilon=1e-5)

    return _compiled(normalise, ops.convert_to_tensor(_last(arrays["x"])))


def layer_norm(arrays: Arrays) -> Run:
    """Normalise each place."""
    layer = keras.layers.LayerNormalization(epsilon=1e-5, center=False, scale=False)
    return _compiled(layer, *_tensors(arrays, "x"))


def softmax(arrays: Arrays) -> Run:
    """Take the softmax of the last axis."""
    return _compiled(ops.softmax, *_tensors(arrays, "x"))


def attention(arrays: Arrays) -> Run:
    """Attend, without a mask."""
    q, k, v = (ops.convert_to_tensor(arrays[name].transpose(0, 2, 1, 3)) for name in "qkv")
    return _compiled(ops.dot_product_attention, q, k, v)


def gelu(arrays: Arrays) -> Run:
    """Take the exact GELU."""
    return _compiled(lambda x: ops.gelu(x, approximate=False), *_tensors(arrays, "x"))


def embedding(arrays: Arrays) -> Run:
    """Look up rows of a table."""
    return _compiled(lambda table, indices: ops.take(table, indices, axis=0), *_tensors(arrays, "table", "indices"))


def lstm_step(arrays: Arrays) -> Run:
    """Take one step of an LSTM; the hidden state that comes of it."""
    x, hidden, cell = _tensors(arrays, "x", "hidden", "cell")
    layer = keras.layers.LSTMCell(hidden.shape[1])
    layer.build(tuple(x.shape))
    layer.set_weights([arrays["w_input"].T, arrays["w_hidden"].T, arrays["bias"]])
    return _compiled(lambda x, hidden, cell: layer(x, (hidden, cell))[0], x, hidden, cell)


def cross_entropy(arrays: Arrays) -> Run:
    """Take the mean cross-entropy of logits."""

    def loss(logits: Any, classes: Any) -> Any:
        return ops.mean(ops.sparse_categorical_crossentropy(classes, logits, from_logits=True))

    return _compiled(loss, *_tensors(arrays, "logits", "indices"))


def adam_step(arrays: Arrays) -> Run:
    """Take a step of Adam; the first tensor that comes of it."""
    variables = [keras.Variable(arrays[f"p{i}"]) for i in range(10)]
    gradients = [ops.convert_to_tensor(arrays[f"g{i}"]) for i in range(10)]
    optimizer = make_optimizer(Optimizer("adam", learning_rate=1e-3))
    optimizer.build(variables)
    step = backend.updater(optimizer, variables)

    def run() -> Any:
        step(gradients)
        return variables[0].value

    return run


def autograd(arrays: Arrays) -> Run:
    """Go forward and backward through a stack of layers; the gradient of the first."""
    x, y = _tensors(arrays, "x", "y")
    layers = [keras.layers.Dense(32, use_bias=False, activation="tanh") for _ in range(8)]
    model = keras.Sequential([keras.Input((32,)), *layers])
    model.compile(loss="mse")
    for i, layer in enumerate(layers):
        layer.kernel.assign(arrays[f"w{i}"])
    differentiate = backend.differentiator(model, wrt_inputs=False)
    if keras.config.backend() != "jax":  # where it is compiled already
        differentiate = backend.compiled(differentiate)
    return lambda: differentiate(x, y)[1][0]


def to_device(arrays: Arrays) -> Run:
    """Make a tensor of a NumPy array, as the framework does it: on a CPU some share its memory."""
    return lambda: ops.convert_to_tensor(arrays["x"])


class Batches(keras.utils.PyDataset):
    """Samples and classes in order, by batches."""

    def __init__(self, x: Array, classes: Array, batch_size: int):
        super().__init__()
        self.x, self.classes, self.batch_size = x, classes, batch_size

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.x) // self.batch_size

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        """Return a batch as tensors."""
        part = slice(number * self.batch_size, (number + 1) * self.batch_size)
        return ops.convert_to_tensor(self.x[part]), ops.convert_to_tensor(self.classes[part])


def loader(arrays: Arrays) -> Run:
    """Draw the next batch, without end; its classes."""
    batches = Batches(arrays["x"], arrays["indices"], 64)
    numbers = itertools.cycle(range(len(batches)))
    return lambda: batches[next(numbers)][1]


MAPS = (0, 3, 1, 2)
CANONICAL: Mapping[str, tuple[int, ...]] = {
    "conv2d": MAPS,
    "max_pool2d": MAPS,
    "batch_norm": MAPS,
    "attention": (0, 2, 1, 3),  # Keras has heads behind places
}


def value(operation: str, result: Any) -> Array:
    """Return an operation's result as NumPy has it, in the order of axes that PyTorch has."""
    found = ops.convert_to_numpy(result)
    return found.transpose(CANONICAL[operation]) if operation in CANONICAL else found


def wait(result: Any) -> Any:
    """Return once the result is there."""
    return backend.wait(result)


def _tensors(arrays: Arrays, *names: str) -> list[Any]:
    return [ops.convert_to_tensor(arrays[name]) for name in names]


def _last(x: Array) -> Array:
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def _compiled(function: Callable[..., Any], *given: Any) -> Run:
    call = backend.compiled(function)
    return lambda: call(*given)
