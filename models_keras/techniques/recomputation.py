"""Activations that are computed once more where the gradient needs them, in place of being kept (Chen et al., 2016)."""

import contextlib
import contextvars
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras import KerasTensor, layers, ops

_KEPT = contextvars.ContextVar("kept", default=False)


def recomputed(layer: layers.Layer, x: KerasTensor, *masks: KerasTensor, training: bool | None) -> KerasTensor:
    """Call a layer of which a train step keeps the inputs alone: inner activations take no memory until they are due.

    What is drawn inside is drawn alike both times, for the layer is called as a function of its variables. With
    ``keras.remat`` of the layer itself TensorFlow draws anew, and so does torch where a layer has a seed of its own:
    the gradient is that of another mask than the loss is. On JAX nothing that the layer assigns gets out of it (Keras
    3.15.1). Nothing but random numbers may change in a call, such as running statistics, and the layer adds no losses.

    Args:
        layer: Takes ``x`` and the masks. While it is not built, it is called as it is.
        x: Has a gradient.
        *masks: Have none.
        training: Whether it is a train step.
    """
    if not training or _KEPT.get() or not layer.built:
        return layer(x, *masks, training=training)
    weights, fixed = layer.trainable_variables, layer.non_trainable_variables
    values = [variable.value for variable in weights]
    states = [ops.copy(variable) for variable in fixed]  # a variable would be read anew by TensorFlow's second time

    def call(x: KerasTensor, values: Sequence[Any]) -> Any:
        # Masks from around it: to every argument TensorFlow's `recompute_grad` adds a number, also to a boolean one.
        with _plain_tracebacks():
            return layer.stateless_call(values, states, x, *masks, training=True)

    output, after = keras.remat(call)(x, values)
    frozen = {id(weight) for weight in layer.weights}
    for variable, state in zip(fixed, after, strict=True):
        if id(variable) not in frozen:  # of which the value may be rounded, as mixed precision computes with it
            variable.assign(state)
    return output


@contextlib.contextmanager
def _plain_tracebacks() -> Iterator[None]:
    """Let an exception pass by as it is.

    PyTorch ends the second time by one, as soon as it has what it wants. Keras would keep it, and with it all that had
    been computed, until Python looks for cycles: more memory than if nothing were computed twice.
    """
    filtered = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if filtered:
            keras.config.enable_traceback_filtering()


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Compute nothing twice, so that what is inside a layer can be seen from outside of it."""
    token = _KEPT.set(True)
    try:
        yield
    finally:
        _KEPT.reset(token)
