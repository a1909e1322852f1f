"""The MLP from bare PyTorch tensors and autograd: no ``torch.nn``, no ``torch.optim``.

Read beside ``models_keras/teaching/mlp_gradient_tape.py``. Parameters are a dict under the names of ``MLP``.

    parameters, state = initial_parameters((40, 100, 100, 10)), {}
    for x, y in batches:
        loss = train_step(parameters, state, x, y, learning_rate=0.01, update=adam)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import torch

Parameters: TypeAlias = dict[str, torch.Tensor]
State: TypeAlias = dict[str, Any]


def initial_parameters(widths: Sequence[int], seed: int = 0) -> Parameters:
    """Draw weights (out, in) from N(0, 2/in) (He et al. 2015) and set biases (out,) to 0."""
    generator = torch.Generator().manual_seed(seed)
    parameters = {}
    for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
        weight = torch.randn(fan_out, fan_in, generator=generator) * (2.0 / fan_in) ** 0.5
        parameters[f"fc.{i}.weight"] = weight.requires_grad_()
        parameters[f"fc.{i}.bias"] = torch.zeros(fan_out, requires_grad=True)
    return parameters


def forward(parameters: Parameters, x: torch.Tensor) -> torch.Tensor:
    """Map x (N, in) to logits (N, out): affine layers, y = x Wᵀ + b, with a ReLU between each two."""
    last = len(parameters) // 2 - 1
    for i in range(last):
        x = torch.relu(x @ parameters[f"fc.{i}.weight"].T + parameters[f"fc.{i}.bias"])
    return x @ parameters[f"fc.{last}.weight"].T + parameters[f"fc.{last}.bias"]


def cross_entropy(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return −(1/N) Σ log softmax(logits)[i, y[i]] for logits (N, classes) and class indices y (N,)."""
    log_p = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    return -log_p.gather(1, y[:, None]).mean()


def loss_and_gradients(parameters: Parameters, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, Parameters]:
    """Run forwards while autograd records, then backwards through the record."""
    loss = cross_entropy(forward(parameters, x), y)
    gradients = torch.autograd.grad(loss, list(parameters.values()))
    return loss.detach(), dict(zip(parameters, gradients, strict=True))


@torch.no_grad()
def sgd(parameters: Parameters, gradients: Parameters, state: State, learning_rate: float) -> None:
    """Step downhill, p ← p − η g. It remembers nothing: ``state`` stays empty."""
    for name, p in parameters.items():
        p.sub_(learning_rate * gradients[name])


@torch.no_grad()
def adam(parameters: Parameters, gradients: Parameters, state: State, learning_rate: float) -> None:
    """Kingma & Ba 2015, algorithm 1. ``state`` starts as {} and keeps t, and (m, v) of each parameter."""
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    t = state["t"] = state.get("t", 0) + 1
    for name, p in parameters.items():
        g = gradients[name]
        m, v = state.get(name, (torch.zeros_like(p), torch.zeros_like(p)))
        m = beta_1 * m + (1.0 - beta_1) * g
        v = beta_2 * v + (1.0 - beta_2) * g**2
        state[name] = m, v
        m_hat, v_hat = m / (1.0 - beta_1**t), v / (1.0 - beta_2**t)
        p.sub_(learning_rate * m_hat / (torch.sqrt(v_hat) + epsilon))


def train_step(
    parameters: Parameters,
    state: State,
    x: torch.Tensor,
    y: torch.Tensor,
    learning_rate: float,
    *,
    update: Callable[[Parameters, Parameters, State, float], None] = sgd,
) -> torch.Tensor:
    """Update the parameters in place on one batch, x (N, in) and y (N,); return its loss before the update."""
    loss, gradients = loss_and_gradients(parameters, x, y)
    update(parameters, gradients, state, learning_rate)
    return loss
