"""What the functions of all files share."""

import numpy as np
import torch
from torch import Tensor, nn

Arrays = dict[str, np.ndarray]


def give(says: str, **found: Tensor | np.ndarray | list[float]) -> Arrays:
    """Return what a function found, with the default in words."""
    arrays = {name: x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x) for name, x in found.items()}
    return {"says": np.array(says), **arrays}


def take(arrays: Arrays, *names: str) -> list[Tensor]:
    """Return some of the arrays as tensors."""
    return [torch.from_numpy(arrays[name]) for name in names]


def load(layer: nn.Module, arrays: Arrays) -> nn.Module:
    """Give a layer the tensors of that name; what is not given, a second bias, is zero."""
    layer = layer.double()
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[name])) if name in arrays else parameter.zero_()
    return layer
