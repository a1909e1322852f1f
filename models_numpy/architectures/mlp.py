"""Multi-layer perceptron (Rumelhart, Hinton and Williams, 1986) with rectified linear units."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from models_numpy.layers import Affine, Floats, ReLU
from models_numpy.network import Network


class MLP(Network):
    """Affine maps with ReLU between them. Input (N, in_features); output (N, out_features): logits."""

    def __init__(self, in_features: int, hidden: Sequence[int], out_features: int) -> None:
        rng = np.random.default_rng(0)
        widths = [in_features, *hidden, out_features]
        self.fc = [Affine(fan_in, fan_out, rng) for fan_in, fan_out in pairwise(widths)]
        self.relu = [ReLU() for _ in hidden]
        self.affines = {f"fc.{i}": layer for i, layer in enumerate(self.fc)}

    def forward(self, x: Floats) -> Floats:
        """Map x (N, in_features) to logits (N, out_features)."""
        *hidden, head = self.fc
        for layer, relu in zip(hidden, self.relu, strict=True):
            x = relu.forward(layer.forward(x))  # (N, width)
        return head.forward(x)

    def backward(self, dy: Floats) -> Floats:
        """Apply the chain rule from head to input: dL/dlogits (N, out_features) to dL/dx (N, in_features)."""
        *hidden, head = self.fc
        dx = head.backward(dy)
        for layer, relu in zip(reversed(hidden), reversed(self.relu), strict=True):
            dx = layer.backward(relu.backward(dx))  # (N, width of the layer below)
        return dx
