"""Sampling by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from models_torch.techniques.sampling import Sampling

if TYPE_CHECKING:
    from harness.contract import Array


class Sampled(nn.Module):
    """Sampling on one input, (N, 2L): means, then log variances; behind it, where asked, a linear layer of zeros."""

    def __init__(self, noise: float, head: int = 0):
        super().__init__()
        self.sampling = Sampling(noise)
        self.head = nn.Linear(head, 1, bias=False, dtype=torch.float64) if head else nn.Identity()
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Sample."""
        return self.head(self.sampling(*x.chunk(2, dim=1)))


def prediction(arrays: Mapping[str, Array], noise: float, calls: int, seed: int) -> dict[str, Array]:
    """Return what is drawn for ``mean`` and ``log_variance`` (N, L) at each of some calls in evaluation."""
    torch.manual_seed(seed)
    model, x = Sampled(noise).eval(), _inputs(arrays)
    with torch.inference_mode():
        return {"drawn": np.stack([model(x).numpy() for _ in range(calls)])}


def training(arrays: Mapping[str, Array], noise: float, calls: int, seed: int) -> dict[str, Array]:
    """Return what is drawn for one sample (1, L) in each of some train steps, read from a linear layer behind it.

    The loss is |t − w · z| with a t far above, so that gradient descent adds z to w.
    """
    torch.manual_seed(seed)
    x = _inputs(arrays)
    model = Sampled(noise, head=x.shape[1] // 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    weights = [model.head.weight.detach().numpy().copy()]
    for _ in range(calls):
        optimizer.zero_grad()
        nn.functional.l1_loss(model(x), torch.full((1, 1), 1e9, dtype=x.dtype)).backward()
        optimizer.step()
        weights.append(model.head.weight.detach().numpy().copy())
    return {"drawn": np.diff(weights, axis=0)}


def _inputs(arrays: Mapping[str, Array]) -> Tensor:
    return torch.from_numpy(np.concatenate([arrays["mean"], arrays["log_variance"]], axis=1))
