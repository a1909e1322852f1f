"""Keras on TensorFlow: the train function is a ``tf.function``, compiled by XLA where ``compile()`` chooses so."""

from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from harness.contract import Setup


def configure(setup: Setup) -> None:
    """Set threads and strict float32 before TensorFlow starts its runtime."""
    tf.config.threading.set_intra_op_parallelism_threads(setup.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setup.threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)


def seed(number: int) -> None:
    """Start anew what is random beside the states of the layers: nothing on this backend."""


def place(x: Any, y: Any) -> Any:
    """Put one batch on the device, in the form that the train function takes."""
    return tf.constant(x), tf.constant(y)


def run_steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    """Run ``count`` train steps, wait for the device once, and return the mean loss since the metrics' reset."""
    for _ in range(count):
        logs = model.train_function(batches)
    tf.test.experimental.sync_devices()
    return float(logs["loss"])


def gradients(model: keras.Model, x: Any, y: Any) -> tuple[Any, list[Any], Any]:
    """Return the mean loss of a batch in training mode, and its gradients by trainable variable and by input."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = model.compute_loss(x, y, model(x, training=True), training=True)
    found, of_x = tape.gradient(loss, ([variable.value for variable in model.trainable_variables], x))
    return loss, [tf.convert_to_tensor(gradient) for gradient in found], of_x


def settings() -> dict[str, Any]:
    """Return what is in force, read back from TensorFlow."""
    return {
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
    }
