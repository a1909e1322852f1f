"""Activations that are computed once more where the gradient needs them, in place of being kept (Chen et al., 2016)."""

import contextlib
import contextvars
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras import KerasTensor, layers, ops

_KEPT = contextvars.ContextVar("kept", default=False)


def recomputed(layer: layers.Layer, x: KerasTensor, *others: KerasTensor, training: bool | None) -> KerasTensor:
    """Call a layer of which a train step keeps the inputs alone: inner activations take no memory until they are due.

    The layer is called as a function, its variables an argument: ``keras.remat`` of the layer itself has the second
    computation draw anew, so that on TensorFlow and torch the gradient is that of another mask than the loss is, and
    on JAX nothing that the layer assigns can leave it (Keras 3.15.1).
    """
    if not training or _KEPT.get() or not layer.built:
        return layer(x, *others, training=training)
    trained = [variable.value for variable in layer.trainable_variables]
    states = [ops.copy(variable) for variable in layer.non_trainable_variables]  # or TensorFlow read them once more

    def call(x: KerasTensor, trained: Sequence[Any]) -> Any:  # what has no gradient, TensorFlow takes no argument of
        return layer.stateless_call(trained, states, x, *others, training=True)

    output, states_after = keras.remat(call)(x, trained)
    for variable, state in zip(layer.non_trainable_variables, states_after, strict=True):
        variable.assign(state)
    return output


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Compute nothing twice, so that what is inside a layer can be seen from outside of it."""
    token = _KEPT.set(True)
    try:
        yield
    finally:
        _KEPT.reset(token)
