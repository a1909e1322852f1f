"""What more than one backend does alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


def caller(model: keras.Model, tapped: Callable[[dict[str, Any]], Any]) -> Callable[[Any, bool], Any]:
    """Return a function of inputs and mode to the outputs and what ``tapped`` catches on the way."""

    def call(x: Any, training: bool) -> tuple[Any, dict[str, Any]]:
        caught: dict[str, Any] = {}
        with tapped(caught):
            return model(x, training=training), caught

    return call


def moments(x: Any) -> tuple[Any, Any]:
    """Return mean and biased variance of each channel of (N, ..., channels)."""
    return keras.ops.moments(x, axes=list(range(len(x.shape) - 1)))


def read(batch: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return a batch that was placed on the device, as NumPy arrays: TensorFlow and JAX hold it as it was given."""
    x, y = batch
    return keras.ops.convert_to_numpy(x), keras.ops.convert_to_numpy(y)


def logs(model: keras.Model, loss: Any, samples: Any) -> dict[str, Any]:
    """Add a batch to the loss that ``fit`` reports of an epoch, and return what a train step has to.

    The mean is over samples: without their number, as in Keras' guides, it would be over batches, the last of which
    may be a small one.
    """
    (tracker,) = [metric for metric in model.metrics if metric.name == "loss"]
    tracker.update_state(loss, sample_weight=samples)
    return {"loss": tracker.result()}


# Random numbers on TensorFlow and JAX, where only layers have them, each a state of its own, and the process none.


def seed(number: int) -> None:
    """Start anew what is random beside the states of the layers: nothing."""


def random_state() -> dict[str, Any]:
    """Return where that stands: nowhere."""
    return {}


def restore_random_state(state: dict[str, Any]) -> None:
    """Inverse of ``random_state``."""


def settle(model: keras.Model, x: Any, y: Any) -> None:
    """Do beforehand what a first ``fit`` does to random numbers: nothing."""
