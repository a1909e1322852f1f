"""Losses by themselves, and the loss that an epoch reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from harness.contract import Architecture, Optimizer, Workload
from models_keras.arm import KerasSession, backend
from models_keras.techniques.losses import make_loss

if TYPE_CHECKING:
    from harness.contract import Array


def loss(arrays: Mapping[str, Array], name: str, options: Mapping[str, Any]) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` and ``targets``, and its gradient with respect to the outputs.

    A model that returns its input is compiled with the loss, so that it takes the way of every training step.
    """
    model = keras.Sequential([keras.Input(arrays["outputs"].shape[1:]), keras.layers.Identity()])
    model.compile(optimizer="sgd", loss=make_loss(name, **options))
    outputs, targets = (keras.ops.convert_to_tensor(arrays[name]) for name in ("outputs", "targets"))
    value, _, gradient = backend.gradients(model, outputs, targets)
    return {"value": keras.ops.convert_to_numpy(value), "gradient": keras.ops.convert_to_numpy(gradient)}


def epochs(arrays: Mapping[str, Array], workload: Mapping[str, Any], batch_size: int) -> dict[str, Array]:
    """Train an epoch for each of ``orders`` on ``x`` and ``y``, from the parameters that the other arrays are.

    Returns:
        ``losses`` as the epochs report them; then ``batched`` and ``single``, outputs predicted in batches of
        ``batch_size`` and of one.
    """
    x, y, orders = (arrays[name] for name in ("x", "y", "orders"))
    session = KerasSession(_read(workload), x.shape[1:])
    session.load({name: array for name, array in arrays.items() if name not in ("x", "y", "orders")})
    return {
        "losses": np.array(session.fit(x, y, orders, batch_size)),
        "batched": session.predict(x, batch_size),
        "single": session.predict(x, 1),
    }


def _read(fields: Mapping[str, Any]) -> Workload:
    architecture, optimizer = Architecture(**fields["architecture"]), Optimizer(**fields["optimizer"])
    return Workload(**{**fields, "architecture": architecture, "optimizer": optimizer})
