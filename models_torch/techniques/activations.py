"""Activation functions by name. PyTorch's definitions are the canonical ones."""

import torch
import torch.nn.functional as F
from torch import Tensor


def gelu_tanh(x: Tensor) -> Tensor:
    """Gaussian error linear unit, approximated by tanh (Hendrycks and Gimpel, 2016), as in GPT-2."""
    return F.gelu(x, approximate="tanh")


ACTIVATIONS = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,  # slope .01
    "elu": F.elu,
    "gelu": F.gelu,  # exact, by the error function
    "gelu_tanh": gelu_tanh,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
