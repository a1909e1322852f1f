"""The MLP from bare TensorFlow variables and a ``GradientTape``: no Keras layer, no Keras optimizer.

Read beside ``models_torch/teaching/mlp_from_tensors.py``. Parameters are a dict under the names of ``MLP``.

    parameters, state = initial_parameters((40, 100, 100, 10)), {}
    for x, y in batches:
        loss = train_step(parameters, state, x, y, learning_rate=0.01, update=adam)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import tensorflow as tf

Parameters: TypeAlias = dict[str, tf.Variable]
Gradients: TypeAlias = dict[str, tf.Tensor]
State: TypeAlias = dict[str, Any]


def initial_parameters(widths: Sequence[int], seed: int = 0) -> Parameters:
    """Draw weights (out, in) from N(0, 2/in) (He et al. 2015) and set biases (out,) to 0."""
    generator = tf.random.Generator.from_seed(seed)
    parameters = {}
    for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
        weight = generator.normal((fan_out, fan_in)) * (2.0 / fan_in) ** 0.5
        parameters[f"fc.{i}.weight"] = tf.Variable(weight)
        parameters[f"fc.{i}.bias"] = tf.Variable(tf.zeros(fan_out))
    return parameters


def forward(parameters: Parameters, x: tf.Tensor) -> tf.Tensor:
    """Map x (N, in) to logits (N, out): affine layers, y = x Wᵀ + b, with a ReLU between each two."""
    last = len(parameters) // 2 - 1
    for i in range(last):
        x = tf.nn.relu(x @ tf.transpose(parameters[f"fc.{i}.weight"]) + parameters[f"fc.{i}.bias"])
    return x @ tf.transpose(parameters[f"fc.{last}.weight"]) + parameters[f"fc.{last}.bias"]


def cross_entropy(logits: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Return −(1/N) Σ log softmax(logits)[i, y[i]] for logits (N, classes) and class indices y (N,)."""
    log_p = logits - tf.reduce_logsumexp(logits, axis=1, keepdims=True)
    return -tf.reduce_mean(tf.gather(log_p, y, axis=1, batch_dims=1))


@tf.function  # traces the Python once into a graph, for speed; without it the same operations run one by one
def loss_and_gradients(parameters: Parameters, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, Gradients]:
    """Run forwards while the tape records, then backwards through the record."""
    with tf.GradientTape() as tape:
        loss = cross_entropy(forward(parameters, x), y)
    return loss, tape.gradient(loss, parameters)


def sgd(parameters: Parameters, gradients: Gradients, state: State, learning_rate: float) -> None:
    """Step downhill, p ← p − η g. It remembers nothing: ``state`` stays empty."""
    for name, p in parameters.items():
        p.assign_sub(learning_rate * gradients[name])


def adam(parameters: Parameters, gradients: Gradients, state: State, learning_rate: float) -> None:
    """Kingma & Ba 2015, algorithm 1. ``state`` starts as {} and keeps t, and (m, v) of each parameter."""
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    t = state["t"] = state.get("t", 0) + 1
    for name, p in parameters.items():
        g = gradients[name]
        m, v = state.get(name, (tf.zeros_like(p), tf.zeros_like(p)))
        m = beta_1 * m + (1.0 - beta_1) * g
        v = beta_2 * v + (1.0 - beta_2) * g**2
        state[name] = m, v
        m_hat, v_hat = m / (1.0 - beta_1**t), v / (1.0 - beta_2**t)
        p.assign_sub(learning_rate * m_hat / (tf.sqrt(v_hat) + epsilon))


def train_step(
    parameters: Parameters,
    state: State,
    x: tf.Tensor,
    y: tf.Tensor,
    learning_rate: float,
    *,
    update: Callable[[Parameters, Gradients, State, float], None] = sgd,
) -> tf.Tensor:
    """Update the parameters in place on one batch, x (N, in) and y (N,); return its loss before the update."""
    loss, gradients = loss_and_gradients(parameters, x, y)
    update(parameters, gradients, state, learning_rate)
    return loss
