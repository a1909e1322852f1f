"""Keras on JAX: the train function is a jitted pure function, and the state goes through it and back."""

import inspect
import os
from collections.abc import Iterator
from typing import Any

import jax
import keras

from harness.contract import Setup


def configure(setup: Setup) -> None:
    """Set float64 where it is asked, and strict float32 otherwise. Threads follow the process' affinity."""
    jax.config.update("jax_enable_x64", setup.precision == "fp64")
    jax.config.update("jax_default_matmul_precision", "highest" if setup.precision != "bf16" else None)


def seed(number: int) -> None:
    """Start anew what is random beside the states of the layers: nothing on this backend."""


def place(x: Any, y: Any) -> Any:
    """Put one batch on the device, in the form that the train function takes."""
    return jax.device_put((x, y))


def run_steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    """Run ``count`` train steps, wait for the device once, and return the mean loss since the metrics' reset.

    The state stays on the device. JAX donates it to each step, so the variables must take the last one back.
    """
    variables = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([variable.value for variable in group] for group in variables)
    for _ in range(count):
        logs, state = model.train_function(state, batches)
    jax.block_until_ready(state)
    for group, values in zip(variables, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)
    return float(logs["loss"])


def gradients(model: keras.Model, x: Any, y: Any) -> tuple[Any, list[Any], Any]:
    """Return the mean loss of a batch in training mode, and its gradients by trainable variable and by input."""
    buffers = [variable.value for variable in model.non_trainable_variables]
    # A stateless call passes its arguments on as they are, also to a model that behaves alike in training.
    in_training = {"training": True} if "training" in inspect.signature(model.call).parameters else {}

    def loss_of(trainable: list[Any], inputs: Any) -> Any:
        outputs, updated = model.stateless_call(trainable, buffers, inputs, **in_training)
        return model.compute_loss(inputs, y, outputs, training=True), updated

    trainable = [variable.value for variable in model.trainable_variables]
    (loss, updated), (found, of_x) = jax.value_and_grad(loss_of, argnums=(0, 1), has_aux=True)(trainable, x)
    for variable, value in zip(model.non_trainable_variables, updated, strict=True):
        variable.assign(value)
    return loss, found, of_x


def settings() -> dict[str, Any]:
    """Return what is in force, read back from JAX; it does not tell its threads, which follow the affinity."""
    return {
        "threads": len(os.sched_getaffinity(0)),
        "x64": jax.config.jax_enable_x64,
        "matmul_precision": jax.config.jax_default_matmul_precision,
        "platform": jax.default_backend(),
    }
