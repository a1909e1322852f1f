"""Dropout by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from models_torch.techniques.regularizers import make_dropout

if TYPE_CHECKING:
    from harness.contract import Array


def dropout(arrays: Mapping[str, Array], rate: float, calls: int, seed: int) -> dict[str, Array]:
    """Return what one layer makes of ``x`` in training, at each of some calls, and then in evaluation."""
    torch.manual_seed(seed)
    layer, x = make_dropout(rate), torch.from_numpy(arrays["x"])
    training = np.stack([layer.train()(x).numpy() for _ in range(calls)])
    return {"training": training, "evaluation": layer.eval()(x).numpy()}


def training(arrays: Mapping[str, Array], rate: float, steps: int, seed: int) -> dict[str, Array]:
    """Return what dropout makes of ``x`` (1, F) in each of some train steps, read from a linear layer behind it.

    The loss is |t − w · dropout(x)| with a t far above, so that gradient descent adds dropout(x) to w.
    """
    torch.manual_seed(seed)
    x = torch.from_numpy(arrays["x"])
    head = nn.Linear(x.shape[1], 1, bias=False, dtype=x.dtype)
    nn.init.zeros_(head.weight)
    model = nn.Sequential(make_dropout(rate), head)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    weights = [np.zeros(x.shape[1])]
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.l1_loss(model(x), torch.full((1, 1), 1e9, dtype=x.dtype)).backward()
        optimizer.step()
        weights.append(head.weight.detach().numpy()[0].copy())
    return {"training": np.diff(weights, axis=0)}
