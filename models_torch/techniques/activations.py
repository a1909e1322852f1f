"""Activation functions by name. PyTorch's definitions are the canonical ones."""

import torch
import torch.nn.functional as F

ACTIVATIONS = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,  # slope .01
    "elu": F.elu,
    "gelu": F.gelu,  # exact, by the error function
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
