"""What a device can do at most, through PyTorch: each function prepares a piece of work and returns what runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Run = Callable[[], Any]

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def matrix_product(size: int, dtype: str) -> Run:
    """Multiply two square matrices."""
    generator = torch.Generator(DEVICE).manual_seed(0)  # a CPU would take longer to draw than a GPU to multiply
    a, b = (torch.rand(size, size, generator=generator, device=DEVICE).to(getattr(torch, dtype)) for _ in range(2))
    return lambda: a @ b


def memory(numbers: int) -> Run:
    """Add one array of float32 numbers to another, in place."""
    total, term = torch.zeros(numbers, device=DEVICE), torch.ones(numbers, device=DEVICE)
    return lambda: total.add_(term)


def call() -> Run:
    """Add two numbers: all but nothing."""
    x = torch.ones((), device=DEVICE)
    return lambda: x + x


def transfer(numbers: int) -> Run:
    """Carry an array of float32 numbers from page-locked memory of the host to the device."""
    held = torch.ones(numbers).pin_memory()
    return lambda: held.to(DEVICE, non_blocking=True)


def wait(result: Any) -> Any:
    """Return once the result is there: on a CPU it is."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return result
