"""Keras on torch: the train function runs eagerly."""

from collections.abc import Iterator
from typing import Any

import keras
import torch

from harness.contract import Setup


def configure(setup: Setup) -> None:
    """Set threads and strict float32."""
    torch.set_num_threads(setup.threads)
    torch.backends.fp32_precision = "ieee"


def seed(number: int) -> None:
    """Start anew what is random beside the states of the layers: Keras' dropout draws from torch's own generator."""
    torch.manual_seed(number)


def place(x: Any, y: Any) -> Any:
    """Put one batch on the device, in the form that the train function takes."""
    return [(keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y))]


def run_steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    """Run ``count`` train steps and return the mean loss since the metrics' reset. A CPU needs no waiting for."""
    for _ in range(count):
        logs = model.train_function(next(batches))
    return float(logs["loss"])


def gradients(model: keras.Model, x: Any, y: Any) -> tuple[Any, list[Any], Any]:
    """Return the mean loss of a batch in training mode, and its gradients by trainable variable and by input."""
    x = x.detach().requires_grad_()
    loss = model.compute_loss(x, y, model(x, training=True), training=True)
    *found, of_x = torch.autograd.grad(loss, [*(variable.value for variable in model.trainable_variables), x])
    return loss.detach(), found, of_x


def settings() -> dict[str, Any]:
    """Return what is in force, read back from torch."""
    return {
        "threads": torch.get_num_threads(),
        "fp32_precision": torch.backends.fp32_precision,
    }
