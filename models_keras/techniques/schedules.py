"""Learning rates over time, reconciled with PyTorch's definitions where Keras' own differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import keras
from keras import ops

LEAST_CHANGE = 1e-8
"""PyTorch leaves a learning rate as it is where it would change by no more than this."""


class CosineRisingAgain(keras.optimizers.schedules.CosineDecay):
    """Makes Keras' cosine rise again after its end, as PyTorch's does; Keras' stays at the floor."""

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, from 0, in the type of the parameters."""
        fraction = ops.cast(step, keras.config.floatx()) * (math.pi / self.decay_steps)
        share = (1 - self.alpha) * (1 + ops.cos(fraction)) / 2 + self.alpha
        return self.initial_learning_rate * share


class PlateauBeyondPatience(keras.callbacks.ReduceLROnPlateau):
    """Makes Keras' callback reduce when PyTorch's scheduler does.

    Keras reduces as soon as ``patience`` epochs brought no progress, one earlier; takes ``min_delta`` as absolute,
    where PyTorch's threshold is a share of the best; and counts the last epoch of a cooldown as one of waiting.
    ``self.wait`` counts the epochs without progress.
    """

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Take the metric of an epoch, and reduce the learning rate if it is time."""
        metric = (logs or {})[self.monitor]
        if self._progress(metric):
            self.best, self.wait = metric, 0
        else:
            self.wait += 1
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.wait > self.patience:
            self._reduce(self.model.optimizer)
            self.cooldown_counter, self.wait = self.cooldown, 0

    def _progress(self, metric: float) -> bool:
        if self.best is None:
            return True
        if self.mode == "min":
            return metric < self.best * (1 - self.min_delta)
        return metric > self.best * (1 + self.min_delta)

    def _reduce(self, optimizer: keras.Optimizer) -> None:
        old = float(optimizer.learning_rate)
        new = max(old * self.factor, self.min_lr)
        if old - new > LEAST_CHANGE:
            optimizer.learning_rate = new


def make_cosine(learning_rate: float, steps: int, floor: float = 0.0) -> keras.optimizers.schedules.CosineDecay:
    """Return a cosine from ``learning_rate`` to ``floor`` in ``steps`` steps, and up again afterwards.

    Give it to an optimizer in place of a learning rate.
    """
    return CosineRisingAgain(learning_rate, steps, alpha=floor / learning_rate)


def make_plateau(
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    cooldown: int = 0,
    floor: float = 0.0,
    mode: Literal["min", "max"] = "min",
    monitor: str = "val_loss",
) -> keras.callbacks.Callback:
    """Return what multiplies the learning rate by ``factor`` after *more* than ``patience`` epochs without progress.

    Give it to ``fit``. Progress is a metric better than the best by the share ``threshold``.
    """
    return PlateauBeyondPatience(
        monitor, factor, patience, mode=mode, min_delta=threshold, cooldown=cooldown, min_lr=floor
    )
