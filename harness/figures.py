"""Figures that a technique is judged by, beside loss and metric: measured on a session, whatever its framework.

Each takes what there is to look at and returns a number. Those of ``TRAINING_ON`` move the parameters, those of
``AT_START`` are of the initial ones.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from harness import matched
from harness.contract import Dataset, Feeding, Session, Workload
from harness.measure.feeding import Rates, rates
from harness.metrics import PREDICT_BATCH, of_samples

if TYPE_CHECKING:
    from harness.contract import Array

SAMPLES = 256
"""Of the training set, for activations and gradients."""

ROUNDS = 5
"""In which the rates of a pipeline are taken, after one that is not counted."""

TINY = float(np.finfo(np.float64).tiny)
NEGLIGIBLE = 1e-3
"""A weight smaller than this share of its tensor's largest counts as zero."""


@dataclass(frozen=True)
class Scene:
    """What a figure is measured on.

    Attributes:
        examples: What was trained on.
        x: Some of it, in canonical form.
        y: Their targets.
        epochs: Trained.
        another: Opens a session for another form of the workload.
        initial: Parameters.
    """

    session: Session
    workload: Workload
    examples: Dataset
    dataset: Dataset
    x: Array
    y: Array
    epochs: int
    another: Callable[[Workload], Session]
    initial: Mapping[str, Array]

    @functools.cached_property
    def rates(self) -> Rates:
        """How fast batches come, measured once for all figures of it."""
        plain = self.another(dataclasses.replace(self.workload, loading=None))
        plain.load(self.initial)
        x = matched.as_input(self.examples.x_train, self.workload.form)
        y = matched.as_target(self.examples.y_train, self.workload)
        orders = list(matched.batch_orders(len(x), 1 + ROUNDS, 0, self.workload.shuffle))
        return rates(cast(Feeding, self.session), cast(Feeding, plain), x, y, orders, self.workload.batch_size)


def measure(
    session: Session,
    workload: Workload,
    examples: Dataset,
    dataset: Dataset,
    initial: Mapping[str, Array],
    epochs: int,
    another: Callable[[Workload], Session],
) -> dict[str, float]:
    """Measure the workload's figures on a session just trained for so many epochs; its parameters may be lost by it.

    ``another`` opens one more, for another form of the workload.
    """
    x = matched.as_input(examples.x_train[:SAMPLES], workload.form)
    y = matched.as_target(examples.y_train[:SAMPLES], workload)
    scene = Scene(session, workload, examples, dataset, x, y, epochs, another, initial)
    found = {name: AT_END[name](scene) for name in workload.figures if name in AT_END}
    found |= {name: TRAINING_ON[name](scene) for name in workload.figures if name in TRAINING_ON}
    if at_start := [name for name in workload.figures if name not in found]:
        session.load(initial)
        found |= {name: AT_START[name](scene) for name in at_start}
    return {name: found[name] for name in workload.figures}


def check(names: Sequence[str]) -> list[str]:
    """Return those of the names that are no figures."""
    return [name for name in names if name not in AT_END and name not in TRAINING_ON and name not in AT_START]


# --------------------------------------------------------------------------------------------- after training


def train_metric(scene: Scene) -> float:
    """The workload's metric on the training set."""
    return _metric(scene, scene.examples.x_train, scene.examples.y_train)


def epochs(scene: Scene) -> float:
    """Epochs trained: fewer than the budget where training ended early."""
    return float(scene.epochs)


def gap(scene: Scene) -> float:
    """The metric on the training set less that on the test set."""
    return train_metric(scene) - _metric(scene, scene.dataset.x_test, scene.dataset.y_test)


def confidence(scene: Scene) -> float:
    """Mean probability, by softmax, of what is answered on the test set; where it is above the accuracy, too sure."""
    logits = _answers(scene).astype(np.float64)
    return float(np.mean(1 / np.exp(logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1)))


def share_below(scene: Scene) -> float:
    """Share of the test set's targets that lie below what is answered."""
    return float(np.mean(matched.as_target(scene.dataset.y_test, scene.workload) < _answers(scene)))


def weight_norm(scene: Scene) -> float:
    """Euclidean norm of all weights of linear layers and convolutions, taken as one vector."""
    return float(np.sqrt(sum(np.sum(np.square(weight, dtype=np.float64)) for weight in _weights(scene.session))))


def sparsity(scene: Scene) -> float:
    """Share of these weights that are negligible beside the largest of their tensor."""
    small = [np.abs(weight) <= NEGLIGIBLE * np.abs(weight).max() for weight in _weights(scene.session)]
    return float(sum(part.sum() for part in small) / sum(part.size for part in small))


def largest_unit_norm(scene: Scene) -> float:
    """The largest Euclidean norm of what enters a unit of a linear layer or convolution."""
    norms = [np.linalg.norm(w.reshape(len(w), -1), axis=1).max() for w in _weights(scene.session)]
    return float(max(norms))


def dead_units(scene: Scene) -> float:
    """Share of the units of hidden linear layers that are never above 0, before their activation, on any sample."""
    hidden = [tap for tap in _hidden(scene) if tap.ndim == 2]
    return float(np.mean(np.concatenate([(tap <= 0).all(axis=0) for tap in hidden])))


# ------------------------------------------------------------------------------------------------ training on


def pipeline_rate(scene: Scene) -> float:
    """Samples a second that the input pipeline delivers when nothing is trained."""
    return scene.rates.pipeline


def pipeline_ratio(scene: Scene) -> float:
    """The same beside batches from arrays in memory."""
    return scene.rates.pipeline_ratio


def epoch_rate(scene: Scene) -> float:
    """Samples a second of whole epochs, pipeline and training together."""
    return scene.rates.epoch


def epoch_ratio(scene: Scene) -> float:
    """The same beside batches from arrays in memory."""
    return scene.rates.epoch_ratio


def contended(scene: Scene) -> float:
    """Share of the blocks of these rates from which other processes took cores."""
    return scene.rates.contended


# ---------------------------------------------------------------------------------- of the initial parameters


def gradient_ratio(scene: Scene) -> float:
    """Log10 of the norm of the loss' gradient by the first layer's weight over that by the last one's."""
    gradients = scene.session.gradients(scene.x, scene.y).parameters
    names = [name for name, spec in scene.session.describe().items() if _is_weight(name, spec.layer)]
    first, last = (float(np.linalg.norm(gradients[name])) for name in (names[0], names[-1]))
    return _log_ratio(first, last)


def variance_kept(scene: Scene) -> float:
    """Log10 of the variance of what the last hidden linear layer gives over that of the first one."""
    hidden = _hidden(scene)
    first, last = (float(np.var(tap, dtype=np.float64)) for tap in (hidden[0], hidden[-1]))
    return _log_ratio(last, first)


def slot_bytes(scene: Scene) -> float:
    """What the optimizer holds beside the parameters, in bytes for each trainable number."""
    trainable = sum(math.prod(spec.shape) for spec in scene.session.describe().values() if spec.trainable)
    return scene.session.slot_bytes() / trainable


AT_END: Mapping[str, Callable[[Scene], float]] = {
    "train_metric": train_metric,
    "epochs": epochs,
    "gap": gap,
    "confidence": confidence,
    "share_below": share_below,
    "weight_norm": weight_norm,
    "sparsity": sparsity,
    "largest_unit_norm": largest_unit_norm,
    "dead_units": dead_units,
    "slot_bytes": slot_bytes,
}
TRAINING_ON: Mapping[str, Callable[[Scene], float]] = {
    "pipeline_rate": pipeline_rate,
    "pipeline_ratio": pipeline_ratio,
    "epoch_rate": epoch_rate,
    "epoch_ratio": epoch_ratio,
    "contended": contended,
}
AT_START: Mapping[str, Callable[[Scene], float]] = {
    "gradient_ratio": gradient_ratio,
    "variance_kept": variance_kept,
}


def _metric(scene: Scene, x: Array, y: Array) -> float:
    samples, targets = matched.as_input(x, scene.workload.form), matched.as_target(y, scene.workload)
    return of_samples(scene.session, scene.workload, samples, targets)[0]


def _answers(scene: Scene) -> Array:
    """Return the outputs for the test set, (N, outputs)."""
    return scene.session.predict(matched.as_input(scene.dataset.x_test, scene.workload.form), PREDICT_BATCH)


def _log_ratio(first: float, second: float) -> float:
    """Return log10 of a quotient, finite where one of the two is zero."""
    return float(np.log10(max(first, TINY)) - np.log10(max(second, TINY)))


def _is_weight(name: str, layer: str) -> bool:
    return layer in ("linear", "conv", "transposed_conv") and name.endswith("weight")


def _weights(session: Session) -> list[Array]:
    tensors = session.dump()
    return [tensors[name] for name, spec in session.describe().items() if _is_weight(name, spec.layer)]


def _hidden(scene: Scene) -> list[Array]:
    """Return the outputs of the linear layers and convolutions but the last, before any activation."""
    specs = scene.session.describe()
    owners = [name.rpartition(".")[0] for name, spec in specs.items() if _is_weight(name, spec.layer)]
    taps = scene.session.taps(scene.x)
    return [taps[owner] for owner in owners[:-1]]
