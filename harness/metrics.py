"""Metrics and losses on the test set: one NumPy function for every arm, so that none can differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.contract import Workload

if TYPE_CHECKING:
    from harness.contract import Array


def accuracy(logits: Array, classes: Array) -> float:
    """Return the share of samples whose largest logit (N, classes) is at the true class (N,)."""
    return float(np.mean(np.argmax(logits, axis=1) == classes))


def r2(outputs: Array, targets: Array) -> float:
    """Return the coefficient of determination of outputs (N, 1) for targets (N, 1)."""
    residual = np.sum((targets - outputs) ** 2, dtype=np.float64)
    return float(1 - residual / np.sum((targets - targets.mean()) ** 2, dtype=np.float64))


def cross_entropy(logits: Array, classes: Array) -> float:
    """Return the mean negative log-likelihood of the true classes, from logits, in float64."""
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_likelihood = shifted[np.arange(len(classes)), classes] - np.log(np.exp(shifted).sum(axis=1))
    return float(-log_likelihood.mean())


def mse(outputs: Array, targets: Array) -> float:
    """Return the mean squared error, in float64."""
    return float(np.mean((outputs.astype(np.float64) - targets) ** 2))


def evaluate(workload: Workload, outputs: Array, targets: Array) -> tuple[float, float]:
    """Return the workload's metric and its loss on the test set.

    Raises:
        ValueError: If the outputs do not fit the targets; a wrong shape would broadcast to a plausible figure.
    """
    classes = workload.metric == "accuracy"
    fitting = targets.shape == outputs.shape[:1] if classes else targets.shape == outputs.shape
    if outputs.ndim != 2 or not fitting:
        raise ValueError(f"outputs of shape {outputs.shape} for targets of shape {targets.shape}")
    if classes:
        return accuracy(outputs, targets), cross_entropy(outputs, targets)
    return r2(outputs, targets), mse(outputs, targets)
