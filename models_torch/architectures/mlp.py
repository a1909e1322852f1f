"""Multi-layer perceptron (Rumelhart, Hinton and Williams, 1986) with rectified linear units."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn


class MLP(nn.Module):
    """Affine maps with ReLU between them. Input (N, in_features); output (N, out_features): logits."""

    def __init__(self, in_features: int, hidden: Sequence[int], out_features: int):
        super().__init__()
        widths = [in_features, *hidden, out_features]
        self.fc = nn.ModuleList(nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        *hidden, head = self.fc
        for layer in hidden:
            x = F.relu(layer(x))
        return head(x)
