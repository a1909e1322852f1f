"""Losses by themselves, and the loss that an epoch reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from harness.contract import Architecture, Optimizer, Setup, Workload
from models_torch.arm import TorchSession
from models_torch.techniques.losses import make_loss

if TYPE_CHECKING:
    from harness.contract import Array


def loss(arrays: Mapping[str, Array], name: str, options: Mapping[str, Any]) -> dict[str, Array]:
    """Return the value of a loss for ``outputs`` and ``targets``, and its gradient with respect to the outputs."""
    outputs = torch.from_numpy(arrays["outputs"]).requires_grad_()
    value = make_loss(name, **options)(outputs, torch.from_numpy(arrays["targets"]))
    value.backward()
    return {"value": value.detach().numpy(), "gradient": outputs.grad.numpy()}


def epochs(arrays: Mapping[str, Array], workload: Mapping[str, Any], batch_size: int) -> dict[str, Array]:
    """Train an epoch for each of ``orders`` on ``x`` and ``y``, from the parameters that the other arrays are.

    Returns:
        ``losses`` as the epochs report them; then ``batched`` and ``single``, outputs predicted in batches of
        ``batch_size`` and of one.
    """
    x, y, orders = (arrays[name] for name in ("x", "y", "orders"))
    session = TorchSession(Setup("fp64" if x.dtype == np.float64 else "fp32", torch.get_num_threads()), _read(workload))
    session.load({name: array for name, array in arrays.items() if name not in ("x", "y", "orders")})
    return {
        "losses": np.array(session.fit(x, y, orders, batch_size)),
        "batched": session.predict(x, batch_size),
        "single": session.predict(x, 1),
    }


def _read(fields: Mapping[str, Any]) -> Workload:
    architecture, optimizer = Architecture(**fields["architecture"]), Optimizer(**fields["optimizer"])
    return Workload(**{**fields, "architecture": architecture, "optimizer": optimizer})
