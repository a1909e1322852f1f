"""Single operations by themselves, to be timed. Each function prepares one and returns what runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from harness.contract import Optimizer
from models_torch.techniques.optimizers import make_optimizer

if TYPE_CHECKING:
    from harness.contract import Array

Arrays = Mapping[str, "Array"]
Run = Callable[[], Any]


def matmul(arrays: Arrays) -> Run:
    """Multiply two matrices."""
    a, b = _tensors(arrays, "a", "b")
    return lambda: a @ b


def conv2d(arrays: Arrays) -> Run:
    """Convolve maps, padded by one."""
    x, weight = _tensors(arrays, "x", "weight")
    return lambda: F.conv2d(x, weight, padding=1)


def max_pool2d(arrays: Arrays) -> Run:
    """Take the largest of each two by two."""
    (x,) = _tensors(arrays, "x")
    return lambda: F.max_pool2d(x, 2)


def batch_norm(arrays: Arrays) -> Run:
    """Normalise each channel by the batch."""
    (x,) = _tensors(arrays, "x")
    return lambda: F.batch_norm(x, None, None, training=True, eps=1e-5)


def layer_norm(arrays: Arrays) -> Run:
    """Normalise each place."""
    (x,) = _tensors(arrays, "x")
    return lambda: F.layer_norm(x, x.shape[-1:], eps=1e-5)


def softmax(arrays: Arrays) -> Run:
    """Take the softmax of the last axis."""
    (x,) = _tensors(arrays, "x")
    return lambda: F.softmax(x, dim=-1)


def attention(arrays: Arrays) -> Run:
    """Attend, without a mask."""
    q, k, v = _tensors(arrays, "q", "k", "v")
    return lambda: F.scaled_dot_product_attention(q, k, v)


def gelu(arrays: Arrays) -> Run:
    """Take the exact GELU."""
    (x,) = _tensors(arrays, "x")
    return lambda: F.gelu(x)


def embedding(arrays: Arrays) -> Run:
    """Look up rows of a table."""
    table, indices = _tensors(arrays, "table", "indices")
    return lambda: F.embedding(indices, table)


def lstm_step(arrays: Arrays) -> Run:
    """Take one step of an LSTM; the hidden state that comes of it."""
    x, hidden, cell = _tensors(arrays, "x", "hidden", "cell")
    layer = nn.LSTMCell(x.shape[1], hidden.shape[1])
    with torch.no_grad():
        for parameter, name in (("weight_ih", "w_input"), ("weight_hh", "w_hidden"), ("bias_ih", "bias")):
            getattr(layer, parameter).copy_(torch.from_numpy(arrays[name]))
        layer.bias_hh.zero_()
    return _without_gradients(lambda: layer(x, (hidden, cell))[0])


def cross_entropy(arrays: Arrays) -> Run:
    """Take the mean cross-entropy of logits."""
    logits, classes = _tensors(arrays, "logits", "indices")
    return lambda: F.cross_entropy(logits, classes)


def adam_step(arrays: Arrays) -> Run:
    """Take a step of Adam; the first tensor that comes of it."""
    parameters = [nn.Parameter(torch.from_numpy(arrays[f"p{i}"].copy())) for i in range(10)]
    for i, parameter in enumerate(parameters):
        parameter.grad = torch.from_numpy(arrays[f"g{i}"])
    optimizer = make_optimizer(Optimizer("adam", learning_rate=1e-3), parameters)

    def step() -> torch.Tensor:
        optimizer.step()
        return parameters[0].detach()

    return step


def autograd(arrays: Arrays) -> Run:
    """Go forward and backward through a stack of layers; the gradient of the first."""
    x, y = _tensors(arrays, "x", "y")
    layers = [nn.Linear(32, 32, bias=False) for _ in range(8)]
    model = nn.Sequential(*(module for layer in layers for module in (layer, nn.Tanh())))
    for i, layer in enumerate(layers):
        layer.weight.data = torch.from_numpy(arrays[f"w{i}"].T.copy())
    return lambda: torch.autograd.grad(F.mse_loss(model(x), y), list(model.parameters()))[0].T


def to_device(arrays: Arrays) -> Run:
    """Make a tensor of its own from a NumPy array."""
    return lambda: torch.tensor(arrays["x"])


def loader(arrays: Arrays) -> Run:
    """Draw the next batch, without end; the sum of its classes."""
    batches = DataLoader(TensorDataset(*_tensors(arrays, "x", "indices")), batch_size=64)
    source = iter(batches)

    def draw() -> torch.Tensor:
        nonlocal source
        try:
            _, classes = next(source)
        except StopIteration:
            source = iter(batches)
            _, classes = next(source)
        return classes

    return draw


def value(operation: str, result: Any) -> Array:
    """Return an operation's result as NumPy has it."""
    found: np.ndarray[Any, Any] = result.detach().numpy()
    return found


def wait(result: Any) -> Any:
    """Return once the result is there: on a CPU it is."""
    return result


def _tensors(arrays: Arrays, *names: str) -> list[torch.Tensor]:
    return [torch.from_numpy(arrays[name]) for name in names]


def _without_gradients(run: Run) -> Run:
    def call() -> Any:
        with torch.no_grad():
            return run()

    return call
