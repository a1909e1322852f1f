"""Layers without tensors, and penalties on tensors, by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from models_torch.techniques.pooling import make_pool
from models_torch.techniques.regularizers import make_penalty

if TYPE_CHECKING:
    from harness.contract import Array


def pool(arrays: Mapping[str, Array], **arguments: int | str) -> dict[str, Array]:
    """Return what pooling makes of ``x`` (N, C, H, W), and the gradient of its mean product with ``weights``."""
    x = torch.from_numpy(arrays["x"]).requires_grad_()
    output = make_pool(**arguments)(x)
    (output * torch.from_numpy(arrays["weights"])).mean().backward()
    return {"output": output.detach().numpy(), "gradient": x.grad.numpy()}


def penalty(arrays: Mapping[str, Array], l1: float, l2: float) -> dict[str, Array]:
    """Return the penalty on ``weight`` (out, in) and its gradient."""
    weight = torch.from_numpy(arrays["weight"]).requires_grad_()
    value = make_penalty(l1, l2)(weight)
    value.backward()
    return {"value": value.detach().numpy(), "gradient": weight.grad.numpy()}
