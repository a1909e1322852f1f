"""Sharpness-aware minimisation (Foret et al., 2021): the gradient of the worst point near by, not of where one is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

TINY = 1e-12
"""Added to the gradient's norm, as in the authors' code."""


@contextmanager
def uphill(parameters: Iterable[nn.Parameter], radius: float) -> Iterator[None]:
    """Move parameters by ``radius`` along their gradients, taken as one vector, and put them back at the end.

    They are kept and not computed back, which would leave rounding behind.
    """
    moved = [parameter for parameter in parameters if parameter.grad is not None]
    kept = [parameter.detach().clone() for parameter in moved]
    with torch.no_grad():
        scale = radius / (nn.utils.get_total_norm([parameter.grad for parameter in moved]) + TINY)
        for parameter in moved:
            parameter.add_(scale * parameter.grad)
    yield
    with torch.no_grad():
        for parameter, value in zip(moved, kept, strict=True):
            parameter.copy_(value)
