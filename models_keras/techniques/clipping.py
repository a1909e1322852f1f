"""Clipping of gradients as PyTorch defines it."""

from __future__ import annotations

import importlib
from typing import Any

import keras
from keras import ops

from harness.contract import Clipping

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")

STABILISER = 1e-6
"""What PyTorch adds to the norm before it divides by it (``torch.nn.utils.clip_grad_norm_``)."""

LEAST_NORM = 1e-3
"""What a parameter's norm counts as where it is smaller, lest zeros never move."""

TINY = 1e-30
"""Keeps the quotient finite where a gradient is zero."""


class CanonicalClipping:
    """Makes a Keras optimizer clip as ``torch.nn.utils`` does.

    Keras' ``global_clipnorm`` and ``clipnorm`` (which is of each variable) divide by the norm itself.
    Difference, as in ``optimizers``: 4e-7 for plain SGD, clipped at 58 of 100 steps.
    """

    def __init__(self, *args: Any, clipping: Clipping, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.clipping = clipping

    def _clip_gradients(self, gradients: list[Any]) -> list[Any]:
        return clip(gradients, self.clipping, self._trainable_variables)


def clip(gradients: list[Any], clipping: Clipping, variables: list[Any]) -> list[Any]:
    """Return the gradients of ``variables``, limited."""
    gradients = backend.tensors(gradients)
    if clipping.by == "adaptive":
        return clip_adaptively(gradients, clipping.limit, backend.tensors(variables))
    return CLIPS[clipping.by](gradients, clipping.limit)


def clip_global_norm(gradients: list[Any], limit: float) -> list[Any]:
    """Limit the norm of all gradients as one vector."""
    scale = ops.minimum(limit / (backend.total_norm(gradients) + STABILISER), 1.0)
    return backend.apart([gradient * scale for gradient in backend.together(gradients)])


def clip_each_norm(gradients: list[Any], limit: float) -> list[Any]:
    """Limit the norm of each gradient by itself."""
    return [clipped for gradient in gradients for clipped in clip_global_norm([gradient], limit)]


def clip_each_value(gradients: list[Any], limit: float) -> list[Any]:
    """Limit every element to ±limit."""
    bound = ops.cast(ops.convert_to_tensor(limit, dtype=keras.config.floatx()), gradients[0].dtype)
    return [ops.clip(gradient, -bound, bound) for gradient in gradients]


def clip_adaptively(gradients: list[Any], limit: float, parameters: list[Any]) -> list[Any]:
    """Limit the norm of each gradient to ``limit`` times that of its parameter (Brock et al., 2021)."""
    clipped = []
    for gradient, parameter in zip(gradients, parameters, strict=True):
        most = limit * ops.maximum(_norm(parameter), LEAST_NORM)
        clipped.append(gradient * ops.minimum(most / ops.maximum(_norm(gradient), TINY), 1.0))
    return clipped


def _norm(tensor: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(tensor)))


CLIPS = {"global_norm": clip_global_norm, "norm": clip_each_norm, "value": clip_each_value}
