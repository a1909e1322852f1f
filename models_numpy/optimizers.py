"""Optimizers as ``torch.optim`` defines them. ``step`` changes the parameters in place; names tie them to gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from harness.contract import Clipping, Optimizer
from models_numpy.layers import Floats

LEAST_NORM, TINY = 1e-3, 1e-30
"""Of adaptive clipping: what a parameter's norm counts as at least, and a gradient's."""

STABILISER = 1e-6
"""What PyTorch adds to a norm of gradients before it divides by it."""


class SGD:
    """Gradient descent with heavy-ball momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).

    g ← g + λ p
    v ← μ v + g
    p ← p − η v        μ = 0 is plain SGD. The velocity holds gradients; η is outside it.
    p ← p − η (g + μ v)        Nesterov
    """

    def __init__(
        self, learning_rate: float, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
    ) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self._v: dict[str, Floats] = {}

    def step(self, parameters: Mapping[str, Floats], gradients: Mapping[str, Floats]) -> None:
        """Update every parameter once."""
        for name, p in parameters.items():
            g = gradients[name] + self.weight_decay * p
            v = self.momentum * self._v.get(name, np.zeros_like(p)) + g
            p[...] -= self.learning_rate * (g + self.momentum * v if self.nesterov else v)
            self._v[name] = v

    def slots(self) -> dict[str, dict[str, Floats]]:
        """Return the velocities under PyTorch's name, by parameter; without momentum there are none."""
        return {"momentum_buffer": dict(self._v)} if self.momentum else {}


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1), and AdamW (Loshchilov & Hutter 2019) with ``decoupled``.

    g ← g + λ p, or decoupled: p ← p − η λ p
    m ← β₁ m + (1 − β₁) g         m̂ = m / (1 − β₁ᵗ)
    v ← β₂ v + (1 − β₂) g²        v̂ = v / (1 − β₂ᵗ)
    p ← p − η m̂ / (√v̂ + ε)       ε is added to the root of the corrected v̂, not to √v.
    """

    def __init__(
        self,
        learning_rate: float,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = False,
    ) -> None:
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.weight_decay = weight_decay
        self.decoupled = decoupled
        self._t = 0
        self._m: dict[str, Floats] = {}
        self._v: dict[str, Floats] = {}

    def step(self, parameters: Mapping[str, Floats], gradients: Mapping[str, Floats]) -> None:
        """Update every parameter once."""
        self._t += 1
        for name, p in parameters.items():
            g = gradients[name]
            if self.decoupled:
                p[...] -= self.learning_rate * self.weight_decay * p
            else:
                g = g + self.weight_decay * p
            m = self.beta_1 * self._m.get(name, np.zeros_like(p)) + (1.0 - self.beta_1) * g
            v = self.beta_2 * self._v.get(name, np.zeros_like(p)) + (1.0 - self.beta_2) * g**2
            m_hat = m / (1.0 - self.beta_1**self._t)
            v_hat = v / (1.0 - self.beta_2**self._t)
            p[...] -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
            self._m[name], self._v[name] = m, v

    def slots(self) -> dict[str, dict[str, Floats]]:
        """Return the moments under PyTorch's names, by parameter."""
        return {"exp_avg": dict(self._m), "exp_avg_sq": dict(self._v)}


def make_optimizer(rule: Optimizer) -> SGD | Adam:
    """Return the optimizer that ``rule`` names.

    Raises:
        ValueError: If it is not one that the witness writes out.
    """
    if rule.name not in OPTIMIZERS:
        raise ValueError(f"the witness has no optimizer {rule.name!r}; it has {', '.join(OPTIMIZERS)}")
    return OPTIMIZERS[rule.name](rule)


def clip(
    gradients: Mapping[str, Floats], clipping: Clipping | None, parameters: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Return the gradients of ``parameters``, limited as ``harness.contract.Clipping`` defines it."""
    if clipping is None:
        return dict(gradients)
    limit = clipping.limit
    if clipping.by == "value":
        return {name: g.clip(-limit, limit) for name, g in gradients.items()}
    norms = {name: np.sqrt(np.sum(g**2)) for name, g in gradients.items()}
    if clipping.by == "adaptive":
        most = {name: limit * max(np.sqrt(np.sum(parameters[name] ** 2)), LEAST_NORM) for name in gradients}
        return {name: g * min(1.0, most[name] / max(norms[name], TINY)) for name, g in gradients.items()}
    if clipping.by == "global_norm":
        norms = dict.fromkeys(norms, np.sqrt(sum(norm**2 for norm in norms.values())))
    return {name: g * min(1.0, limit / (norms[name] + STABILISER)) for name, g in gradients.items()}


def _sgd(rule: Optimizer) -> SGD:
    return SGD(rule.learning_rate, rule.momentum, rule.nesterov, rule.weight_decay)


def _adam(rule: Optimizer) -> Adam:
    decoupled = rule.name == "adamw"
    return Adam(rule.learning_rate, rule.beta_1, rule.beta_2, rule.epsilon, rule.weight_decay, decoupled)


OPTIMIZERS: dict[str, Callable[[Optimizer], SGD | Adam]] = {"sgd": _sgd, "adam": _adam, "adamw": _adam}
