"""Learning rates over time, reconciled with PyTorch's definitions where Keras' own differ."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import keras
import numpy as np
from keras import ops
from keras.optimizers import schedules

from harness.contract import Optimizer, Schedule

LEAST_CHANGE = 1e-8
"""PyTorch leaves a learning rate as it is where it would change by no more than this."""

PERIODS = 24
"""Of growing cosines that are told apart: the last ends after 2²⁴ times the first one's steps, or more."""


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


class CosineStartingAgain(schedules.LearningRateSchedule):
    """A cosine from the peak to the floor, and a new one after each end, ``growth`` times as long (SGDR, 2017).

    Keras' own ``CosineDecayRestarts`` divides the step by the first period in float32, whatever the parameters are, and
    takes the whole part, with growth that of a logarithm. Compiled, where the quotient becomes a product with the
    reciprocal, it may fall just short of a whole number at an end: the learning rate is then the floor for the step
    that should begin anew at the peak. Of first periods from 2 to 100 that happens with nine on TensorFlow and JAX,
    the shortest of 41 steps, at 220 of 9,801 ends; with growth 2 with one, of 61 steps; never on torch, which divides.
    """

    def __init__(self, peak: float, steps: int, growth: int, floor: float):
        self.peak, self.steps, self.growth, self.floor = peak, steps, growth, floor

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, from 0."""
        step = ops.cast(step, "int32")
        first, length = ops.zeros_like(step), ops.ones_like(step) * self.steps
        if self.growth == 1:
            first = step - step % self.steps
        else:
            for _ in range(PERIODS):  # integers tell exactly where a period ends
                over = ops.cast(step >= first + length, "int32")
                first, length = first + over * length, length * (1 + over * (self.growth - 1))
        share = number(step - first) / number(length)
        return number(self.floor) + number(self.peak - self.floor) * (1 + ops.cos(number(math.pi) * share)) / 2


class WarmUp(schedules.LearningRateSchedule):
    """Linearly from ``factor`` of the peak up to it in ``steps``, then constant. Keras has it before a cosine only."""

    def __init__(self, peak: float, steps: int, factor: float):
        self.peak, self.steps, self.factor = peak, steps, factor

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, from 0."""
        share = ops.minimum(number(step) / number(self.steps), number(1.0))
        return number(self.peak) * (number(self.factor) + number(1 - self.factor) * share)


class OneCycle(schedules.LearningRateSchedule):
    """A cosine up to the peak in the first ``share`` of the steps and one down in the others (Smith, 2018).

    Keras has none. As in PyTorch the last step, number ``steps`` − 1, has the lowest learning rate; it stays there.
    """

    def __init__(self, peak: float, steps: int, share: float, rise: float, fall: float):
        self.peak, self.start = peak, peak / rise
        self.end = self.start / fall
        self.top, self.last = share * steps - 1, steps - 1

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, from 0."""
        step = ops.minimum(number(step), number(self.last))
        up = self._between(self.start, self.peak, step / number(self.top))
        down = self._between(self.peak, self.end, (step - number(self.top)) / number(self.last - self.top))
        return ops.where(step <= number(self.top), up, down)

    @staticmethod
    def _between(first: float, last: float, share: Any) -> Any:
        return number(last) + number((first - last) / 2) * (1 + ops.cos(number(math.pi) * share))


def number(value: Any) -> Any:
    """Return a number in the type of the parameters, without a detour over float32."""
    return ops.cast(np.float64(value) if isinstance(value, float) else value, keras.config.floatx())


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


SCHEDULES: Mapping[str, Callable[[float, Schedule], Any]] = {
    "step": lambda peak, spec: schedules.ExponentialDecay(
        np.float64(peak), spec.steps, np.float64(spec.factor), staircase=True
    ),
    "exponential": lambda peak, spec: schedules.ExponentialDecay(np.float64(peak), 1, np.float64(spec.factor)),
    "cosine": lambda peak, spec: make_cosine(peak, spec.steps, spec.floor),
    "cosine_restarts": lambda peak, spec: CosineStartingAgain(peak, spec.steps, spec.growth, spec.floor),
    "warmup": lambda peak, spec: WarmUp(peak, spec.steps, spec.factor),
    "one_cycle": lambda peak, spec: OneCycle(peak, spec.steps, spec.share, spec.rise, spec.fall),
    "polynomial": lambda peak, spec: schedules.PolynomialDecay(
        np.float64(peak), spec.steps, np.float64(0.0), power=np.float64(spec.power)
    ),
    "plateau": lambda peak, spec: make_plateau(spec.factor, patience=spec.steps, floor=spec.floor, monitor="loss"),
}


def make_schedule(optimizer: Optimizer, spec: Schedule) -> Any:
    """Return the schedule of the optimizer's learning rate that ``spec`` names, of ``keras.optimizers.schedules``.

    Give it to an optimizer in place of a learning rate; that of a plateau, a callback, to ``fit``.
    """
    return SCHEDULES[spec.name](optimizer.learning_rate, spec)


def find_learning_rate(
    model: keras.Model,
    batches: Iterable[tuple[Any, Any]],
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 100,
) -> tuple[list[float], list[float]]:
    """Train with a learning rate that grows by the same factor from step to step (Smith, 2015), and note the losses.

    The model is used up by it. It ends early at the first loss that is not finite.

    Args:
        model: To be trained, compiled with a loss and with an optimizer that has no schedule.
        batches: Inputs and targets, gone through again and again.
        lowest: The first step's learning rate.
        highest: The last step's.
        steps: How many.

    Returns:
        Learning rates and the loss of each batch before its step, both (steps,) or shorter.
    """
    rates: list[float] = []
    losses: list[float] = []
    for step, (x, y) in enumerate(itertools.islice(itertools.cycle(batches), steps)):
        rate = lowest * (highest / lowest) ** (step / (steps - 1))
        model.optimizer.learning_rate = rate
        value = float(model.train_on_batch(x, y))
        if not math.isfinite(value):
            break
        rates.append(rate)
        losses.append(value)
    return rates, losses
