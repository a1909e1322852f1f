"""Activation functions by name. PyTorch's definitions are the canonical ones."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models_torch.techniques.custom import straight_through


def gelu_tanh(x: Tensor) -> Tensor:
    """Gaussian error linear unit, approximated by tanh (Hendrycks and Gimpel, 2016), as in GPT-2."""
    return F.gelu(x, approximate="tanh")


def softmax(x: Tensor) -> Tensor:
    """Shares of the units of a layer, all positive, that add up to 1."""
    return torch.softmax(x, dim=-1)


def snake(x: Tensor) -> Tensor:
    """Snake, x + sin² x (Ziyin et al., 2020): in neither framework, so written by hand; autograd differentiates it."""
    return x + torch.sin(x).square()


ACTIVATIONS = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,  # slope .01
    "elu": F.elu,
    "gelu": F.gelu,  # exact, by the error function
    "gelu_tanh": gelu_tanh,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softmax": softmax,
    "snake": snake,
    "sign": torch.sign,
    "straight_through": straight_through,
}
