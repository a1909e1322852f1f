"""Layers with hand-written gradients. ``backward`` takes dL/dy and returns dL/dx; it needs a ``forward`` before it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class Affine:
    """y = x Wᵀ + b, with W of shape (out, in) and b of shape (out,), as ``torch.nn.Linear`` keeps them.

    Weights start as N(0, 2/in), which keeps the size of activations through ReLUs (He et al. 2015), biases at 0.
    """

    def __init__(self, in_features: int, out_features: int, rng: np.random.Generator) -> None:
        self.weight: Floats = rng.normal(0.0, np.sqrt(2.0 / in_features), (out_features, in_features))
        self.bias: Floats = np.zeros(out_features)
        self.weight_gradient = np.zeros_like(self.weight)
        self.bias_gradient = np.zeros_like(self.bias)

    def forward(self, x: Floats) -> Floats:
        """Map x (N, in) to y (N, out)."""
        self._x = x
        self.output = x @ self.weight.T + self.bias
        return self.output

    def backward(self, dy: Floats) -> Floats:
        """Set dL/dW and dL/db from dL/dy (N, out); return dL/dx (N, in)."""
        self.weight_gradient = dy.T @ self._x  # (out, N) @ (N, in) = (out, in)
        self.bias_gradient = dy.sum(axis=0)  # (out,): b reaches every sample
        return dy @ self.weight  # (N, out) @ (out, in) = (N, in)


class ReLU:
    """y = max(x, 0), with derivative 0 at 0, as every framework has it."""

    def forward(self, x: Floats) -> Floats:
        """Map x to y of the same shape."""
        self._positive = x > 0.0
        return np.where(self._positive, x, 0.0)

    def backward(self, dy: Floats) -> Floats:
        """Return dL/dx: dL/dy where x was positive, 0 elsewhere."""
        return np.where(self._positive, dy, 0.0)
