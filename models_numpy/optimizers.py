"""Optimizers as ``torch.optim`` defines them. ``step`` changes the parameters in place; names tie them to gradients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models_numpy.layers import Floats


class SGD:
    """Gradient descent with heavy-ball momentum (Polyak 1964).

    v ← μ v + g
    p ← p − η v        μ = 0 is plain SGD. The velocity holds gradients; η is outside it.
    """

    def __init__(self, learning_rate: float, momentum: float = 0.0) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self._v: dict[str, Floats] = {}

    def step(self, parameters: Mapping[str, Floats], gradients: Mapping[str, Floats]) -> None:
        """Update every parameter once."""
        for name, p in parameters.items():
            v = self.momentum * self._v.get(name, np.zeros_like(p)) + gradients[name]
            p[...] -= self.learning_rate * v
            self._v[name] = v


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1).

    m ← β₁ m + (1 − β₁) g         m̂ = m / (1 − β₁ᵗ)
    v ← β₂ v + (1 − β₂) g²        v̂ = v / (1 − β₂ᵗ)
    p ← p − η m̂ / (√v̂ + ε)       ε is added to the root of the corrected v̂, not to √v.
    """

    def __init__(self, learning_rate: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self._t = 0
        self._m: dict[str, Floats] = {}
        self._v: dict[str, Floats] = {}

    def step(self, parameters: Mapping[str, Floats], gradients: Mapping[str, Floats]) -> None:
        """Update every parameter once."""
        self._t += 1
        for name, p in parameters.items():
            g = gradients[name]
            m = self.beta_1 * self._m.get(name, np.zeros_like(p)) + (1.0 - self.beta_1) * g
            v = self.beta_2 * self._v.get(name, np.zeros_like(p)) + (1.0 - self.beta_2) * g**2
            m_hat = m / (1.0 - self.beta_1**self._t)
            v_hat = v / (1.0 - self.beta_2**self._t)
            p[...] -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
            self._m[name], self._v[name] = m, v
