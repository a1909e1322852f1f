"""Layers without tensors, and penalties on tensors, by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from harness.contract import Optimizer
from models_torch.techniques.activations import ACTIVATIONS
from models_torch.techniques.custom import Centred, straight_through
from models_torch.techniques.optimizers import make_optimizer
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


def activation(arrays: Mapping[str, Array], name: str) -> dict[str, Array]:
    """Return what an activation makes of ``x`` (N, F), and the gradient of its mean product with ``weights``."""
    x = torch.from_numpy(arrays["x"]).requires_grad_()
    output = ACTIVATIONS[name](x)
    (output * torch.from_numpy(arrays["weights"])).mean().backward()
    return {"output": output.detach().numpy(), "gradient": x.grad.numpy()}


def penalty(arrays: Mapping[str, Array], l1: float, l2: float) -> dict[str, Array]:
    """Return the penalty on ``weight`` (out, in) and its gradient."""
    weight = torch.from_numpy(arrays["weight"]).requires_grad_()
    value = make_penalty(l1, l2)(weight)
    value.backward()
    return {"value": value.detach().numpy(), "gradient": weight.grad.numpy()}


def custom(arrays: Mapping[str, Array], function: str) -> dict[str, Array]:
    """Return what a custom layer or function makes of ``x`` (N, F), and the gradient by ``x`` as in ``pool``.

    Of a layer with a state also its state, after one call in training, and what it makes of ``x`` in evaluation.
    """
    x, weights = (torch.from_numpy(arrays[name]) for name in ("x", "weights"))
    x.requires_grad_()
    layer = Centred(x.shape[1]).to(x.dtype) if function == "centred" else None
    output = layer(x) if layer else straight_through(x)
    (output * weights).mean().backward()
    found = {"output": output, "gradient": x.grad}
    if layer:
        found |= {"state": layer.running_mean, "evaluated": layer.eval()(x)}
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def decay(arrays: Mapping[str, Array], steps: int, l2: float) -> dict[str, Array]:
    """Return a weight (out, in) without bias after steps of momentum on a squared error, shrunk in two ways.

    Returns:
        ``penalized``, by λ₂ Σw² in the loss, and ``decayed``, by the optimizer's coupled decay of 2λ₂.
    """
    x, y = (torch.from_numpy(arrays[name]) for name in "xy")
    found = {}
    for name, penalty, decayed in (("penalized", l2, 0.0), ("decayed", 0.0, 2 * l2)):
        weight = nn.Parameter(torch.from_numpy(arrays["weight"].copy()))
        optimizer = make_optimizer(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=decayed), [weight])
        for _ in range(steps):
            optimizer.zero_grad()
            (F.mse_loss(x @ weight.T, y) + make_penalty(l2=penalty)(weight)).backward()
            optimizer.step()
        found[name] = weight.detach().numpy()
    return found
