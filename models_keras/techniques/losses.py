"""Losses, reconciled with PyTorch's definitions where Keras has none that is equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops


class CrossEntropy(keras.losses.Loss):
    """Softmax cross-entropy with class weights and label smoothing, as PyTorch defines them.

    Keras divides the sum of weighted losses by the number of samples and not by the sum of their weights, and smooths
    no integer labels. Padding is what ``ignored`` names, as in PyTorch; a mask that a layer attaches is not read.
    """

    def __init__(self, class_weights: Sequence[float] | None, label_smoothing: float, ignored: int | None):
        super().__init__(name="cross_entropy", reduction=None)  # call returns the mean itself
        self.class_weights = class_weights
        self.label_smoothing = label_smoothing
        self.ignored = ignored

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the weighted mean over kept labels, a scalar."""
        number_of_classes = y_pred.shape[-1]
        classes = ops.cast(ops.reshape(y_true, ops.shape(y_pred)[:-1]), "int32")
        kept = ops.ones_like(classes) if self.ignored is None else ops.cast(classes != self.ignored, "int32")
        true = ops.one_hot(classes * kept, number_of_classes, dtype=y_pred.dtype)
        # NumPy carries the numbers: TensorFlow takes a Python float for a float32, float64 asked or not.
        weights = np.ones(number_of_classes) if self.class_weights is None else np.array(self.class_weights)
        weights = ops.convert_to_tensor(weights, dtype=y_pred.dtype)
        smoothing = ops.convert_to_tensor(np.float64(self.label_smoothing), dtype=y_pred.dtype)
        smoothed = (1 - smoothing) * true + smoothing / number_of_classes
        kept = ops.cast(kept, y_pred.dtype)
        losses = -ops.sum(weights * smoothed * ops.log_softmax(y_pred), axis=-1)
        return ops.divide_no_nan(ops.sum(kept * losses), ops.sum(kept * ops.sum(weights * true, axis=-1)))


class DenseCrossEntropy(keras.losses.Loss):
    """Softmax cross-entropy for a share of every class, with class weights and label smoothing as PyTorch has them.

    Keras' own takes no weights of classes, and its smoothing goes through float32 on TensorFlow.
    """

    def __init__(self, class_weights: Sequence[float] | None, label_smoothing: float):
        super().__init__(name="dense_cross_entropy")
        self.class_weights = class_weights
        self.label_smoothing = label_smoothing

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        number_of_classes = y_pred.shape[-1]
        weights = np.ones(number_of_classes) if self.class_weights is None else np.array(self.class_weights)
        weights = ops.convert_to_tensor(weights, dtype=y_pred.dtype)
        smoothing = ops.convert_to_tensor(np.float64(self.label_smoothing), dtype=y_pred.dtype)
        smoothed = (1 - smoothing) * y_true + smoothing / number_of_classes
        return -ops.sum(weights * smoothed * ops.log_softmax(y_pred), axis=-1)


CLIP = 1e-7
"""What Keras keeps probabilities away from 0 and 1 by."""


class ClippedCrossEntropy(keras.losses.Loss):
    """Cross-entropy by way of probabilities kept within 1e-7 … 1 − 1e-7: Keras' default, for models ending in softmax.

    The sure and wrong have no gradient. Written out, because on TensorFlow Keras' own scales what it has clipped to a
    sum of 1 again, and on other backends it does not.
    """

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        lowest, highest = (ops.convert_to_tensor(np.float64(end), dtype=y_pred.dtype) for end in (CLIP, 1 - CLIP))
        probabilities = ops.clip(ops.softmax(y_pred), lowest, highest)
        return -ops.sum(_one_hot(y_true, y_pred) * ops.log(probabilities), axis=-1)


class SoftmaxTwice(keras.losses.SparseCategoricalCrossentropy):
    """Cross-entropy that takes probabilities for logits: a model that ends in softmax under a loss that has its own.

    No answer is surer than e / (e + C − 1): with ten classes the loss stays above 1.46. On TensorFlow Keras recognises
    the output of a softmax operation and takes its logits after all; by way of the logarithm it does not.
    """

    def __init__(self) -> None:
        super().__init__(from_logits=True)

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        return super().call(y_true, ops.exp(ops.log_softmax(y_pred)))


class KLDivergence(keras.losses.Loss):
    """Σ y log(y / p) over the classes, p = softmax(outputs), (N, C).

    Keras' own takes probabilities, and keeps both within 1e-7 … 1.
    """

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        log_y = ops.log(ops.where(y_true > 0, y_true, ops.ones_like(y_true)))
        return ops.sum(y_true * (log_y - ops.log_softmax(y_pred)), axis=-1)


class Hinge(keras.losses.Loss):
    """How far outputs fall short of 1 on the right side of 0, on average, for targets of 0 and 1.

    Keras' own is the same but where an output is exactly 1 short: JAX has derivative ½ there.
    """

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the mean over the last axis, (N, …)."""
        return ops.mean(ops.relu(1 - (2 * y_true - 1) * y_pred), axis=-1)


LEAST_LENGTH = 1e-8
"""What a vector's length counts as where it is smaller: PyTorch's default. Its derivative stays that of the length."""


class Cosine(keras.losses.Loss):
    """1 − the cosine of the angle between outputs and targets (N, D). Keras' ``CosineSimilarity`` has no 1."""

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        least = ops.convert_to_tensor(np.float64(LEAST_LENGTH), dtype=y_pred.dtype)
        lengths = [_length(part) for part in (y_true, y_pred)]
        lengths = [length + ops.stop_gradient(ops.maximum(length, least) - length) for length in lengths]
        units = [part / length[:, None] for part, length in zip((y_true, y_pred), lengths, strict=True)]
        return 1 - ops.sum(units[0] * units[1], axis=-1)


class MeanAbsoluteError(keras.losses.Loss):
    """Mean absolute error with derivative 0 where the error is 0: in JAX the absolute value has derivative 1 there."""

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the mean over the last axis, (N, …)."""
        error = y_pred - y_true
        return ops.mean(error * ops.stop_gradient(ops.sign(error)), axis=-1)


class Focal(keras.losses.Loss):
    """The focal loss (Lin et al., 2017) from logits (N, C) for class indices: the mean of −(1 − p)^γ log p.

    p is the probability of the true class: what is easy counts little. Keras' own takes probabilities, which it clips,
    and one-hot targets.
    """

    def __init__(self, gamma: float = 2.0):
        super().__init__(name="focal")
        self.gamma = gamma

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        log_p = ops.sum(_one_hot(y_true, y_pred) * ops.log_softmax(y_pred), axis=-1)
        gamma = ops.convert_to_tensor(np.float64(self.gamma), dtype=y_pred.dtype)
        return -ops.power(1 - ops.exp(log_p), gamma) * log_p


class Quantile(keras.losses.Loss):
    """The quantile loss (Koenker and Bassett, 1978): qe where e = y − ŷ is positive, (q − 1)e below, on average.

    It is least where a share q of the targets lies below the output; for q = ½ it is half the absolute error.
    """

    def __init__(self, quantile: float = 0.5):
        super().__init__(name="quantile")
        self.quantile = quantile

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the mean over the last axis, (N, …)."""
        error = y_true - y_pred
        share = ops.convert_to_tensor(np.float64(self.quantile), dtype=y_pred.dtype)
        return ops.mean(share * ops.relu(error) + (1 - share) * ops.relu(-error), axis=-1)


class Contrastive(keras.losses.Loss):
    """The contrastive loss (Hadsell et al., 2006) of pairs of embeddings (N, 2, D), a mean over pairs.

    ½d² where the target (N, 1) is 1, for two of a kind, and ½ max(0, margin − d)² where it is 0.
    """

    def __init__(self, margin: float = 1.0):
        super().__init__(name="contrastive")
        self.margin = margin

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each pair, (N,)."""
        distance = _length(y_pred[:, 0] - y_pred[:, 1])
        alike, margin = y_true[:, 0], ops.convert_to_tensor(np.float64(self.margin), dtype=y_pred.dtype)
        return (alike * ops.square(distance) + (1 - alike) * ops.square(ops.relu(margin - distance))) / 2


class Triplet(keras.losses.Loss):
    """The triplet loss (Schroff et al., 2015) of anchor, one alike and one other, (N, 3, D), targets unused.

    The mean of max(0, ‖a − p‖² − ‖a − n‖² + margin).
    """

    def __init__(self, margin: float = 1.0):
        super().__init__(name="triplet")
        self.margin = margin

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each triplet, (N,)."""
        near, far = (ops.sum(ops.square(y_pred[:, 0] - y_pred[:, end]), axis=-1) for end in (1, 2))
        return ops.relu(near - far + ops.convert_to_tensor(np.float64(self.margin), dtype=y_pred.dtype))


class MultiTask(keras.losses.Loss):
    """The loss of two tasks at once (Caruana, 1997), of outputs and targets (N, classes + D).

    Softmax cross-entropy of the first columns, whose targets are shares, plus ``weight`` times the mean squared error
    of the others. One array holds the outputs of both heads, side by side; Keras' ``loss_weights`` are for models that
    return two.
    """

    def __init__(self, classes: int, weight: float = 1.0):
        super().__init__(name="multi_task")
        self.classes, self.weight = classes, weight

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,)."""
        shares, logits = y_true[:, : self.classes], y_pred[:, : self.classes]
        errors = ops.mean(ops.square(y_true[:, self.classes :] - y_pred[:, self.classes :]), axis=-1)
        weight = ops.convert_to_tensor(np.float64(self.weight), dtype=y_pred.dtype)
        return weight * errors - ops.sum(shares * ops.log_softmax(logits), axis=-1)


class NegativeELBO(keras.losses.Loss):
    """Minus the evidence lower bound (Kingma and Welling, 2013, equation 10), in nats, a mean over samples.

    −log p(x|z) of Bernoulli pixels, summed over them, plus KL(N(mean, σ²) ‖ N(0, 1)) = ½ Σ (mean² + σ² − 1 − log σ²).
    """

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the loss of each sample, (N,).

        Args:
            y_true: (N, D): pixels from 0 to 1.
            y_pred: (N, D + 2L): logits of D pixels for one z, drawn beforehand, then L means and L log variances of z.
        """
        pixels = y_true.shape[1]
        logits = y_pred[:, :pixels]
        mean, log_variance = ops.split(y_pred[:, pixels:], 2, axis=1)
        reconstruction = ops.sum(ops.binary_crossentropy(y_true, logits, from_logits=True), axis=1)
        divergence = ops.sum(ops.square(mean) + ops.exp(log_variance) - 1 - log_variance, axis=1) / 2
        return reconstruction + divergence


class Perceptron(keras.losses.Loss):
    """Rosenblatt's criterion (1958) for targets of 0 and 1: how far outputs lie on the wrong side of 0, on average.

    Its gradient is that of his rule: only what is wrong moves the weights, by its own input.
    """

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Return the mean over the last axis, (N, …)."""
        return ops.mean(ops.relu((1 - 2 * y_true) * y_pred), axis=-1)


def cross_entropy(
    class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0, ignored: int | None = None
) -> keras.losses.Loss:
    """Return softmax cross-entropy from logits (N, …, C) and class indices (N, …).

    With w the class weights (1 by default), ε the smoothing and p = softmax(logits), over the labels y that are kept:
    Σ [(1 − ε) w_y (−log p_y) + (ε / C) Σ_c w_c (−log p_c)] / Σ w_y, a weighted mean. Smoothing (Szegedy et al., 2016)
    gives every class ε / C, the true one too. Without weights and smoothing this is Keras' own class.

    Args:
        class_weights: One positive number for each of the C classes.
        label_smoothing: ε, from 0 to 1.
        ignored: The label of padding, which has no part in the mean. A batch that holds nothing else has loss 0.

    Raises:
        ValueError: If a class weight is not positive: a batch of such classes has no mean.
    """
    if class_weights is not None and min(class_weights) <= 0:
        raise ValueError(f"class weights must be positive: {list(class_weights)}")
    if class_weights is None and not label_smoothing:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignored)
    return CrossEntropy(class_weights, label_smoothing, ignored)


def dense_cross_entropy(
    class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0
) -> keras.losses.Loss:
    """Return softmax cross-entropy from logits (N, C) for targets (N, C), a share y_c of every class.

    The mean over samples of −Σ_c w_c [(1 − ε) y_c + ε / C] log p_c: unlike that of indices not divided by weights.
    Without weights and smoothing this is Keras' own class.
    """
    if class_weights is None and not label_smoothing:
        return keras.losses.CategoricalCrossentropy(from_logits=True)
    return DenseCrossEntropy(class_weights, label_smoothing)


def huber(delta: float = 1.0) -> keras.losses.Loss:
    """Return Huber's loss (1964): e² / 2 where |e| ≤ δ, δ (|e| − δ / 2) beyond."""
    return keras.losses.Huber(delta=np.float64(delta))


LOSSES: Mapping[str, Callable[..., keras.losses.Loss]] = {
    "cross_entropy": cross_entropy,
    "dense_cross_entropy": dense_cross_entropy,
    "clipped_cross_entropy": ClippedCrossEntropy,
    "softmax_twice": SoftmaxTwice,
    "kl_divergence": KLDivergence,
    "hinge": Hinge,
    "cosine": Cosine,
    "binary_cross_entropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
    "mse": keras.losses.MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": huber,
    "focal": Focal,
    "quantile": Quantile,
    "contrastive": Contrastive,
    "triplet": Triplet,
    "multi_task": MultiTask,
    "negative_elbo": NegativeELBO,
    "perceptron": Perceptron,
}


def make_loss(name: str, **options: Any) -> keras.losses.Loss:
    """Return the loss of that name. But for those of class indices they take outputs and targets of one shape."""
    return LOSSES[name](**options)


def _length(x: KerasTensor) -> KerasTensor:
    """Return the Euclidean norm over the last axis, with derivative 0 at 0 as in PyTorch; a root's is infinite."""
    square = ops.sum(ops.square(x), axis=-1)
    return ops.where(square > 0, ops.sqrt(ops.where(square > 0, square, ops.ones_like(square))), square)


def _one_hot(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return vectors of 0 and 1 of the shape of the outputs for class indices."""
    classes = ops.cast(ops.reshape(y_true, ops.shape(y_pred)[:-1]), "int32")
    return ops.one_hot(classes, y_pred.shape[-1], dtype=y_pred.dtype)
