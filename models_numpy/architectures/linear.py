"""One affine map: softmax regression under cross-entropy, linear regression under squared error."""

from __future__ import annotations

import numpy as np

from models_numpy.layers import Affine, Floats
from models_numpy.network import Network


class Linear(Network):
    """y = x Wᵀ + b. Input (N, in_features); output (N, out_features): logits or targets."""

    def __init__(self, in_features: int, out_features: int) -> None:
        self.fc = Affine(in_features, out_features, np.random.default_rng(0))
        self.affines = {"fc": self.fc}

    def forward(self, x: Floats) -> Floats:
        """Map x (N, in_features) to y (N, out_features)."""
        return self.fc.forward(x)

    def backward(self, dy: Floats) -> Floats:
        """Map dL/dy (N, out_features) to dL/dx (N, in_features)."""
        return self.fc.backward(dy)
