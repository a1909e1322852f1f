"""Losses by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

from models_keras.arm import backend
from models_keras.techniques.losses import make_loss

if TYPE_CHECKING:
    from harness.contract import Array


def loss(
    arrays: Mapping[str, Array], name: str, options: Mapping[str, Any], dtype: str | None = None
) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` and ``targets``, and its gradient with respect to the outputs.

    A model that returns its input is compiled with the loss, so that it takes the way of every training step.
    """
    model = keras.Sequential([keras.Input(arrays["outputs"].shape[1:]), keras.layers.Identity(dtype=dtype)])
    model.compile(optimizer="sgd", loss=make_loss(name, **options))
    outputs, targets = (keras.ops.convert_to_tensor(arrays[name]) for name in ("outputs", "targets"))
    value, _, gradient = backend.differentiator(model)(outputs, targets)
    return {"value": keras.ops.convert_to_numpy(value), "gradient": keras.ops.convert_to_numpy(gradient)}


def mixed(arrays: Mapping[str, Array], name: str, options: Mapping[str, Any]) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` in bfloat16 and ``targets``, as mixed precision has it."""
    return {"value": loss(arrays, name, options, dtype="mixed_bfloat16")["value"]}
