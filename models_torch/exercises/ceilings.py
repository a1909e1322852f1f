"""What a device can do at most, through PyTorch: each function prepares a piece of work and returns what runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Run = Callable[[], Any]


def matrix_product(size: int, dtype: str) -> Run:
    """Multiply two square matrices."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(size, size, generator=generator).to(getattr(torch, dtype)) for _ in range(2))
    return lambda: a @ b


def memory(numbers: int) -> Run:
    """Add one array of float32 numbers to another, in place."""
    total, term = torch.zeros(numbers), torch.ones(numbers)
    return lambda: total.add_(term)


def call() -> Run:
    """Add two numbers: all but nothing."""
    x = torch.ones(())
    return lambda: x + x


def wait(result: Any) -> Any:
    """Return once the result is there: on a CPU it is."""
    return result
