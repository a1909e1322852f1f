"""Metrics and losses on the test set: one NumPy function for every arm, so that none can differ.

Outputs and targets are canonical, targets as ``harness.matched.as_target`` gives them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.contract import LOSS_OPTIONS, OF_INDICES, LossName, Metric, Session, Workload

if TYPE_CHECKING:
    from harness.contract import Array


def accuracy(logits: Array, classes: Array) -> float:
    """Return the share of samples whose largest logit (N, …, classes) is at the true class (N, …).

    With targets of 0 and 1 of the logits' own shape, the share of logits on the right side of 0.
    """
    if classes.shape == logits.shape:
        return float(np.mean((logits > 0) == (classes > 0.5)))
    return float(np.mean(np.argmax(logits, axis=-1) == classes))


def told_apart(embeddings: Array, alike: Array) -> float:
    """Return the share of pairs or triplets of embeddings that their distances tell rightly.

    Args:
        embeddings: Of pairs, (N, 2, D), which are told by whether they are nearer than ½, half of the losses' margin;
            or of an anchor, one alike and one other, (N, 3, D), where the one alike should be the nearer.
        alike: (N, 1), whether pairs are of one kind; unused for triplets.
    """
    apart = np.linalg.norm(embeddings[:, :1].astype(np.float64) - embeddings[:, 1:], axis=-1)
    told = apart < 0.5 if embeddings.shape[1] == 2 else apart[:, :1] < apart[:, 1:]
    return float(np.mean(told == (alike > 0.5 if embeddings.shape[1] == 2 else True)))


def r2(outputs: Array, targets: Array) -> float:
    """Return the coefficient of determination of outputs (N, 1) for targets (N, 1)."""
    residual = np.sum((targets - outputs) ** 2, dtype=np.float64)
    return float(1 - residual / np.sum((targets - targets.mean()) ** 2, dtype=np.float64))


def iou(logits: Array, masks: Array) -> float:
    """Return intersection over union of what lies above 0 with masks of 0 and 1, (N, …): the mean over the images.

    An image with nothing in it, in which nothing is found, counts as 1.
    """
    found, true = (array.reshape(len(array), -1) for array in (logits > 0, masks > 0.5))
    union = np.sum(found | true, axis=1)
    return float(np.mean(np.where(union > 0, np.sum(found & true, axis=1) / np.maximum(union, 1), 1.0)))


def cross_entropy(logits: Array, classes: Array) -> float:
    """Return the mean negative log-likelihood of the true classes (N, …), from logits (N, …, C), in float64."""
    log_p, classes = _log_softmax(logits.reshape(-1, logits.shape[-1])), classes.reshape(-1)
    return float(-log_p[np.arange(len(classes)), classes].mean())


def _log_softmax(logits: Array) -> Array:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_p


def dense_cross_entropy(logits: Array, shares: Array) -> float:
    """Return the mean of −Σ share · log p over the classes, from logits (N, C), in float64."""
    return float(-np.mean(np.sum(shares * _log_softmax(logits), axis=-1)))


def kl_divergence(logits: Array, shares: Array) -> float:
    """Return the mean of Σ share · log(share / p) over the classes, from logits (N, C), in float64."""
    own = np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=-1)
    return dense_cross_entropy(logits, shares) + float(np.mean(own))


def bits_per_character(logits: Array, classes: Array) -> float:
    """Return the cross-entropy in bits."""
    return cross_entropy(logits, classes) / math.log(2)


def _bernoulli(logits: Array, targets: Array) -> Array:
    """Return −log p of each target in [0, 1] under a Bernoulli distribution, from its logit."""
    logits = logits.astype(np.float64)
    losses: Array = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return losses


def binary_cross_entropy(logits: Array, targets: Array) -> float:
    """Return the mean negative log-likelihood of targets of 0 and 1, from logits of the same shape, in float64."""
    return float(np.mean(_bernoulli(logits, targets)))


def perceptron(outputs: Array, targets: Array) -> float:
    """Return Rosenblatt's criterion for targets of 0 and 1: the mean of how far outputs lie on the wrong side of 0."""
    return float(np.mean(np.maximum(0, -outputs.astype(np.float64) * np.where(targets > 0.5, 1, -1))))


def hinge(outputs: Array, targets: Array) -> float:
    """Return how far outputs fall short of 1 on the right side of 0, on average, for targets of 0 and 1."""
    return float(np.mean(np.maximum(0, 1 - outputs.astype(np.float64) * np.where(targets > 0.5, 1, -1))))


def cosine(outputs: Array, targets: Array) -> float:
    """Return 1 − the cosine of the angle between outputs and targets (N, D), the mean over samples."""
    lengths = np.linalg.norm(outputs.astype(np.float64), axis=-1) * np.linalg.norm(targets, axis=-1)
    return float(1 - np.mean(np.sum(outputs * targets, axis=-1, dtype=np.float64) / lengths))


def mse(outputs: Array, targets: Array) -> float:
    """Return the mean squared error, in float64."""
    return float(np.mean((outputs.astype(np.float64) - targets) ** 2))


def mae(outputs: Array, targets: Array) -> float:
    """Return the mean absolute error, in float64."""
    return float(np.mean(np.abs(outputs.astype(np.float64) - targets)))


def huber(outputs: Array, targets: Array, delta: float = 1.0) -> float:
    """Return Huber's loss (1964): e² / 2 where |e| ≤ δ, δ (|e| − δ / 2) beyond."""
    error = np.abs(outputs.astype(np.float64) - targets)
    return float(np.mean(np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))))


def quantile(outputs: Array, targets: Array, quantile: float = 0.5) -> float:
    """Return the quantile loss (Koenker and Bassett, 1978): qe where e = y − ŷ is positive, (q − 1)e below."""
    error = targets - outputs.astype(np.float64)
    return float(np.mean(np.maximum(quantile * error, (quantile - 1) * error)))


def contrastive(embeddings: Array, alike: Array, margin: float = 1.0) -> float:
    """Return the contrastive loss (Hadsell et al., 2006) of pairs (N, 2, D): d² / 2 for two of a kind (N, 1)."""
    distance = np.linalg.norm(embeddings[:, 0].astype(np.float64) - embeddings[:, 1], axis=-1, keepdims=True)
    return float(np.mean(np.where(alike > 0.5, distance, np.maximum(0, margin - distance)) ** 2) / 2)


def triplet(embeddings: Array, _: Array, margin: float = 1.0) -> float:
    """Return the triplet loss (Schroff et al., 2015) of anchor, one alike and one other, (N, 3, D)."""
    near, far = (np.sum((embeddings[:, 0].astype(np.float64) - embeddings[:, end]) ** 2, axis=-1) for end in (1, 2))
    return float(np.mean(np.maximum(0, near - far + margin)))


def multi_task(outputs: Array, targets: Array, classes: int, weight: float = 1.0) -> float:
    """Return the cross-entropy of the first columns and, times ``weight``, the squared error of the others."""
    told, given = (np.split(array, [classes], axis=-1) for array in (outputs, targets))
    return dense_cross_entropy(told[0], given[0]) + weight * mse(told[1], given[1])


def negative_elbo(outputs: Array, targets: Array) -> float:
    """Return what a variational autoencoder minimises (Kingma and Welling, 2013), the mean over samples, in nats.

    Args:
        outputs: (N, D + 2L): logits of the pixels, then means and log variances of the latent variables.
        targets: (N, D) pixels in [0, 1].
    """
    pixels = targets.shape[1]
    mean, log_variance = np.split(outputs[:, pixels:].astype(np.float64), 2, axis=1)
    divergence = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).sum(axis=1)
    return float(np.mean(_bernoulli(outputs[:, :pixels], targets).sum(axis=1) + divergence))


def elbo(outputs: Array, targets: Array) -> float:
    """Return the evidence lower bound, in nats for each sample."""
    return -negative_elbo(outputs, targets)


def focal(logits: Array, classes: Array, gamma: float = 2.0) -> float:
    """Return the focal loss (Lin et al., 2017), the mean of −(1 − p)^γ log p, in float64."""
    log_p = _log_softmax(logits)[np.arange(len(classes)), classes]
    return float(-np.mean((1 - np.exp(log_p)) ** gamma * log_p))


METRICS: Mapping[Metric, Callable[[Array, Array], float]] = {
    "accuracy": accuracy,
    "told_apart": told_apart,
    "r2": r2,
    "iou": iou,
    "mse": mse,
    "elbo": elbo,
    "bits_per_character": bits_per_character,
}
LOSSES: Mapping[LossName, Callable[..., float]] = {
    "cross_entropy": cross_entropy,
    "dense_cross_entropy": dense_cross_entropy,
    "softmax_twice": cross_entropy,  # of what the model gives: logits
    "clipped_cross_entropy": cross_entropy,
    "kl_divergence": kl_divergence,
    "hinge": hinge,
    "cosine": cosine,
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "focal": focal,
    "binary_cross_entropy": binary_cross_entropy,
    "perceptron": perceptron,
    "negative_elbo": negative_elbo,
    "quantile": quantile,
    "contrastive": contrastive,
    "triplet": triplet,
    "multi_task": multi_task,
}
TRAINING_ONLY = frozenset({"class_weights", "ignored", "label_smoothing"})  # ignored targets are left out before
DEFINING: Mapping[LossName, tuple[str, ...]] = {
    loss: tuple(option for option in options if option not in TRAINING_ONLY) for loss, options in LOSS_OPTIONS.items()
}
"""Options that make of a loss another one; those that weigh or smooth targets are for training alone."""


PREDICT_BATCH = 1000


def of_samples(session: Session, workload: Workload, x: Array, y: Array) -> tuple[float, float]:
    """Return the workload's metric and its loss on samples and targets, canonical, in evaluation mode."""
    return evaluate(workload, session.predict(x, PREDICT_BATCH), y)


def evaluate(workload: Workload, outputs: Array, targets: Array) -> tuple[float, float]:
    """Return the workload's metric and its loss on the test set.

    Raises:
        ValueError: If the workload has no metric, the outputs do not fit the targets (a wrong shape would broadcast to
            a plausible figure), or the targets are nothing but padding.
    """
    if workload.metric is None:
        raise ValueError(f"{workload.name} has no metric")
    match workload.loss:
        case loss if loss in OF_INDICES:
            fitting = outputs.ndim >= 2 and targets.shape == outputs.shape[:-1]
        case "negative_elbo":
            surplus = outputs.shape[-1] - targets.shape[-1]
            fitting = targets.ndim == outputs.ndim == 2 and len(targets) == len(outputs)
            fitting = fitting and surplus > 0 and surplus % 2 == 0
        case "contrastive" | "triplet" as loss:
            together = 2 if loss == "contrastive" else 3
            fitting = outputs.ndim == 3 and outputs.shape[1] == together and targets.shape == (len(outputs), 1)
        case _:
            fitting = targets.ndim >= 2 and targets.shape == outputs.shape
    if not fitting:
        raise ValueError(f"outputs of shape {outputs.shape} for targets of shape {targets.shape}")
    options = workload.loss_options
    if (padding := options.get("ignored")) is not None:
        counted = targets != padding
        if not counted.any():
            raise ValueError(f"{workload.name}: all targets are padding, {padding}")
        outputs, targets = outputs[counted], targets[counted]
    own = {name: options[name] for name in DEFINING.get(workload.loss, ()) if name in options}
    value = LOSSES[workload.loss](outputs, targets, **own)
    if workload.loss == "multi_task":  # the metric is that of the first task
        outputs, targets = outputs[:, : options["classes"]], targets[:, : options["classes"]]
    shares = workload.one_hot or workload.loss == "multi_task"
    known = targets.argmax(axis=-1) if shares and workload.metric == "accuracy" else targets
    return METRICS[workload.metric](outputs, known), value
