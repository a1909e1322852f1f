"""Losses: functions of (outputs, targets) that return a mean. PyTorch's definitions are the canonical ones."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(
    class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0, ignored: int | None = None
) -> Loss:
    """Return softmax cross-entropy from logits (N, …, C) and class indices (N, …): classes last, as Keras has them.

    With w the class weights (1 by default), ε the smoothing and p = softmax(logits), over the labels y that are kept:
    Σ [(1 − ε) w_y (−log p_y) + (ε / C) Σ_c w_c (−log p_c)] / Σ w_y, a weighted mean. Smoothing (Szegedy et al., 2016)
    gives every class ε / C, the true one too.

    Args:
        class_weights: One positive number for each of the C classes.
        label_smoothing: ε, from 0 to 1.
        ignored: The label of padding, which has no part in the mean. A batch that holds nothing else has loss 0;
            PyTorch alone would report NaN, with the same gradient, 0.

    Raises:
        ValueError: If a class weight is not positive: a batch of such classes has no mean.
    """
    if class_weights is not None and min(class_weights) <= 0:
        raise ValueError(f"class weights must be positive: {list(class_weights)}")
    weights = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float64)

    def loss(logits: Tensor, classes: Tensor) -> Tensor:
        exact = torch.promote_types(logits.dtype, torch.float32)
        if logits.ndim > 2:  # PyTorch wants classes second, or one axis of samples
            logits, classes = logits.flatten(0, -2), classes.flatten()
        return F.cross_entropy(
            logits,
            classes,
            weight=None if weights is None else weights.to(logits.device, exact),
            ignore_index=-100 if ignored is None else ignored,
            label_smoothing=label_smoothing,
        )

    def loss_of_kept(logits: Tensor, classes: Tensor) -> Tensor:
        return torch.where((classes != ignored).any(), loss(logits, classes), 0.0)

    return loss if ignored is None else loss_of_kept


def dense_cross_entropy(class_weights: Sequence[float] | None = None, label_smoothing: float = 0.0) -> Loss:
    """Return softmax cross-entropy from logits (N, C) for targets (N, C), a share y_c of every class.

    The mean over samples of −Σ_c w_c [(1 − ε) y_c + ε / C] log p_c: unlike that of indices not divided by weights.
    PyTorch's one function does both, by the type of the targets.
    """
    return cross_entropy(class_weights, label_smoothing)


CLIP = 1e-7
"""What Keras keeps probabilities away from 0 and 1 by."""


def clipped_cross_entropy(outputs: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy by way of probabilities kept within 1e-7 … 1 − 1e-7: Keras' default, for models ending in softmax.

    The sure and wrong have no gradient.
    """
    probabilities = F.softmax(outputs, dim=-1).clamp(CLIP, 1 - CLIP)
    return F.nll_loss(probabilities.log(), classes)


def softmax_twice(outputs: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy that takes probabilities for logits: a model that ends in softmax under a loss that has its own.

    No answer is surer than e / (e + C − 1): with ten classes the loss stays above 1.46.
    """
    return F.cross_entropy(F.softmax(outputs, dim=-1), classes)


def kl_divergence(outputs: Tensor, targets: Tensor) -> Tensor:
    """Σ y log(y / p) over the classes, p = softmax(outputs), (N, C): the mean over samples, not PyTorch's over all."""
    return F.kl_div(F.log_softmax(outputs, dim=-1), targets, reduction="batchmean")


def hinge(outputs: Tensor, targets: Tensor) -> Tensor:
    """How far outputs fall short of 1 on the right side of 0, on average, for targets of 0 and 1.

    PyTorch's ``hinge_embedding_loss`` is another function.
    """
    return F.relu(1 - (2 * targets - 1) * outputs).mean()


def cosine(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 − the cosine of the angle between outputs and targets (N, D), the mean over samples."""
    return (1 - F.cosine_similarity(outputs, targets, dim=-1)).mean()


def huber(delta: float = 1.0) -> Loss:
    """Return Huber's loss (1964): e² / 2 where |e| ≤ δ, δ (|e| − δ / 2) beyond."""
    return functools.partial(F.huber_loss, delta=delta)


def focal(gamma: float = 2.0) -> Loss:
    """Return the focal loss (Lin et al., 2017) from logits (N, C) for class indices: the mean of −(1 − p)^γ log p.

    p is the probability of the true class: what is easy counts little.
    """

    def loss(logits: Tensor, classes: Tensor) -> Tensor:
        log_p = F.log_softmax(logits, dim=-1).gather(-1, classes[:, None])[:, 0]
        return -((1 - log_p.exp()) ** gamma * log_p).mean()

    return loss


def quantile(quantile: float = 0.5) -> Loss:
    """Return the quantile loss (Koenker and Bassett, 1978): qe where e = y − ŷ is positive, (q − 1)e below, on average.

    It is least where a share q of the targets lies below the output; for q = ½ it is half the absolute error.
    """

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        error = targets - outputs
        return (quantile * F.relu(error) + (1 - quantile) * F.relu(-error)).mean()

    return loss


def contrastive(margin: float = 1.0) -> Loss:
    """Return the contrastive loss (Hadsell et al., 2006) of pairs of embeddings (N, 2, D), a mean over pairs.

    ½d² where the target (N, 1) is 1, for two of a kind, and ½ max(0, margin − d)² where it is 0.
    """

    def loss(outputs: Tensor, alike: Tensor) -> Tensor:
        distance = torch.linalg.vector_norm(outputs[:, 0] - outputs[:, 1], dim=-1)
        alike = alike[:, 0]
        return (alike * distance**2 + (1 - alike) * F.relu(margin - distance) ** 2).mean() / 2

    return loss


def triplet(margin: float = 1.0) -> Loss:
    """Return the triplet loss (Schroff et al., 2015) of anchor, one alike and one other, (N, 3, D), targets unused.

    The mean of max(0, ‖a − p‖² − ‖a − n‖² + margin). PyTorch's ``triplet_margin_loss`` does not square distances.
    """

    def loss(outputs: Tensor, _: Tensor) -> Tensor:
        anchor, alike, other = outputs.unbind(1)
        near, far = ((anchor - end).square().sum(-1) for end in (alike, other))
        return F.relu(near - far + margin).mean()

    return loss


def multi_task(classes: int, weight: float = 1.0) -> Loss:
    """Return the loss of two tasks at once (Caruana, 1997), of outputs and targets (N, classes + D).

    Softmax cross-entropy of the first columns, whose targets are shares, plus ``weight`` times the mean squared error
    of the others. One array holds the outputs of both heads, side by side.
    """

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        logits, values = outputs[:, :classes], outputs[:, classes:]
        return F.cross_entropy(logits, targets[:, :classes]) + weight * F.mse_loss(values, targets[:, classes:])

    return loss


def negative_elbo(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return minus the evidence lower bound (Kingma and Welling, 2013, equation 10), in nats, a mean over samples.

    −log p(x|z) of Bernoulli pixels, summed over them, plus KL(N(mean, σ²) ‖ N(0, 1)) = ½ Σ (mean² + σ² − 1 − log σ²).

    Args:
        outputs: (N, D + 2L): logits of D pixels for one z, drawn beforehand, then L means and L log variances of z.
        targets: (N, D): pixels from 0 to 1.
    """
    pixels = targets.shape[1]
    logits = outputs[:, :pixels]
    mean, log_variance = outputs[:, pixels:].chunk(2, dim=1)
    reconstruction = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(1)
    divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
    return (reconstruction + divergence).mean()


def perceptron(outputs: Tensor, targets: Tensor) -> Tensor:
    """Rosenblatt's criterion (1958) for targets of 0 and 1: how far outputs lie on the wrong side of 0, on average.

    Its gradient is that of his rule: only what is wrong moves the weights, by its own input.
    """
    return F.relu((1 - 2 * targets) * outputs).mean()


LOSSES: Mapping[str, Callable[..., Loss]] = {
    "cross_entropy": cross_entropy,
    "dense_cross_entropy": dense_cross_entropy,
    "clipped_cross_entropy": lambda: clipped_cross_entropy,
    "softmax_twice": lambda: softmax_twice,
    "kl_divergence": lambda: kl_divergence,
    "hinge": lambda: hinge,
    "cosine": lambda: cosine,
    "binary_cross_entropy": lambda: F.binary_cross_entropy_with_logits,
    "mse": lambda: F.mse_loss,
    "mae": lambda: F.l1_loss,
    "huber": huber,
    "focal": focal,
    "quantile": quantile,
    "contrastive": contrastive,
    "triplet": triplet,
    "multi_task": multi_task,
    "negative_elbo": lambda: negative_elbo,
    "perceptron": lambda: perceptron,
}


def make_loss(name: str, **options: Any) -> Loss:
    """Return the loss of that name. But for those of class indices they take outputs and targets of one shape.

    It is computed in float32 at least, as Keras computes it: bfloat16, which autocast would let some of them have, is
    too short.
    """
    loss = LOSSES[name](**options)

    def exact(outputs: Tensor, targets: Tensor) -> Tensor:
        return loss(outputs.to(torch.promote_types(outputs.dtype, torch.float32)), targets)

    return exact
