"""Learned vectors that join every sequence, drawn from N(0, 1) as PyTorch draws an embedding."""

import torch
from torch import Tensor, nn


class ClassToken(nn.Module):
    """One learned vector in front of every sequence, where a classifier reads (Devlin et al., 2018).

    Input (N, length, width); output (N, 1 + length, width).
    """

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, width))

    def forward(self, x: Tensor) -> Tensor:
        """Prepend the vector."""
        return torch.cat([self.weight.expand(len(x), 1, -1), x], dim=1)


class PositionEmbedding(nn.Module):
    """A learned vector for each position, added (Gehring et al., 2017).

    Input and output (N, T, width), T at most ``length``.
    """

    def __init__(self, length: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, width))

    def forward(self, x: Tensor) -> Tensor:
        """Add the vectors."""
        return x + self.weight[: x.shape[1]]
