"""Optimizers. PyTorch's definitions are the canonical ones, so its own classes serve as they are."""

from collections.abc import Iterable

import torch
from torch import nn

from harness.contract import Optimizer


def make_optimizer(spec: Optimizer, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return the optimizer that ``spec`` names, over ``parameters``."""
    if spec.name == "sgd":
        return torch.optim.SGD(parameters, lr=spec.learning_rate, momentum=spec.momentum)
    return torch.optim.Adam(parameters, lr=spec.learning_rate, betas=(spec.beta_1, spec.beta_2), eps=spec.epsilon)
