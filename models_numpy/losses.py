"""Losses as ``torch.nn.functional`` reduces them: a mean. Each returns its value and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from models_numpy.layers import Floats


def cross_entropy(logits: Floats, labels: NDArray[np.int64]) -> tuple[float, Floats]:
    """Softmax cross-entropy, L = −(1/N) Σᵢ log p[i, labels[i]] with p = softmax(logits).

    Args:
        logits: (N, classes).
        labels: (N,), class indices.

    Returns:
        L, and dL/dlogits = (p − one-hot(labels)) / N of shape (N, classes).
    """
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)  # softmax is unchanged, and exp cannot overflow
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1.0
    return -float(log_p[rows, labels].mean()), gradient / len(logits)


def mean_squared_error(predictions: Floats, targets: Floats) -> tuple[float, Floats]:
    """Squared error averaged over samples and outputs, L = Σ (ŷ − y)² / (N · outputs).

    Args:
        predictions: ŷ, (N, outputs).
        targets: y, (N, outputs).

    Returns:
        L, and dL/dŷ = 2 (ŷ − y) / (N · outputs) of shape (N, outputs).

    Raises:
        ValueError: If the shapes differ: (N, 1) and (N,) would broadcast to (N, N).
    """
    if predictions.shape != targets.shape:
        raise ValueError(f"predictions {predictions.shape} and targets {targets.shape} differ in shape")
    error = predictions - targets
    return float(np.mean(error**2)), 2.0 * error / error.size


def binary_cross_entropy(logits: Floats, targets: Floats) -> tuple[float, Floats]:
    """Bernoulli likelihood, L = −mean(y log p + (1 − y) log(1 − p)) with p = 1 / (1 + exp(−logit)).

    Args:
        logits: (N, outputs).
        targets: y, 0 or 1, (N, outputs).

    Returns:
        L, and dL/dlogits = (p − y) / (N · outputs) of shape (N, outputs).
    """
    tail = np.exp(-np.abs(logits))  # of a large logit of either sign exp would overflow
    p = np.where(logits >= 0, 1.0, tail) / (1.0 + tail)
    losses = np.maximum(logits, 0.0) - logits * targets + np.log1p(tail)
    return float(losses.mean()), (p - targets) / targets.size


def perceptron(outputs: Floats, targets: Floats) -> tuple[float, Floats]:
    """Rosenblatt's criterion (1958), L = mean(max(0, −s · output)) with the sign s = 2y − 1.

    Args:
        outputs: (N, outputs).
        targets: y, 0 or 1, (N, outputs).

    Returns:
        L, and dL/doutputs: −s / (N · outputs) where an output lies on the wrong side of 0, else 0.
    """
    sign = 2.0 * targets - 1.0
    wrong = sign * outputs < 0.0
    return float(np.mean(-sign * outputs * wrong)), -sign * wrong / targets.size


LOSSES: Mapping[str, Callable[..., tuple[float, Floats]]] = {
    "cross_entropy": cross_entropy,
    "mse": mean_squared_error,
    "binary_cross_entropy": binary_cross_entropy,
    "perceptron": perceptron,
}
