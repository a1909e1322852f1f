"""What is timed: operations by name, with the arrays that every arm is given. Shapes are those of a small network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array


@dataclass(frozen=True)
class Case:
    """An operation.

    Attributes:
        about: In a line, with its shapes.
        arrays: Makes what it takes, canonical (channel first), float32, indices int64.
    """

    about: str
    arrays: Callable[[], dict[str, Array]]


def _normal(**shapes: tuple[int, ...]) -> Callable[[], dict[str, Array]]:
    def draw() -> dict[str, Array]:
        generator = np.random.default_rng(0)
        return {name: generator.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}

    return draw


def _with_indices(below: int, count: tuple[int, ...], **shapes: tuple[int, ...]) -> Callable[[], dict[str, Array]]:
    def draw() -> dict[str, Array]:
        return {"indices": np.random.default_rng(1).integers(0, below, count), **_normal(**shapes)()}

    return draw


def _stack(depth: int, width: int) -> Callable[[], dict[str, Array]]:
    """Weights that keep the variance of what goes through: larger ones would multiply what rounding does."""

    def draw() -> dict[str, Array]:
        found = _normal(x=(8, width), y=(8, width), **{f"w{i}": (width, width) for i in range(depth)})()
        return {name: array / width**0.5 if name[0] == "w" else array for name, array in found.items()}

    return draw


CASES: Mapping[str, Case] = {
    "matmul": Case("product of two matrices, 512 × 512", _normal(a=(512, 512), b=(512, 512))),
    "conv2d": Case("3 × 3, 16 → 32 channels, 32 maps of 28 × 28", _normal(x=(32, 16, 28, 28), weight=(32, 16, 3, 3))),
    "max_pool2d": Case("2 × 2 of 32 maps of 32 × 28 × 28", _normal(x=(32, 32, 28, 28))),
    "batch_norm": Case("of 64 maps of 32 × 14 × 14, by the batch's own statistics", _normal(x=(64, 32, 14, 14))),
    "layer_norm": Case("of the last 256 of 64 × 128 × 256", _normal(x=(64, 128, 256))),
    "softmax": Case("of the last 1,000 of 256 × 1,000", _normal(x=(256, 1000))),
    "attention": Case(
        "8 samples, 4 heads, 128 places, 32 wide", _normal(**dict.fromkeys(("q", "k", "v"), (8, 4, 128, 32)))
    ),
    "gelu": Case("exact, of 256 × 1,024", _normal(x=(256, 1024))),
    "embedding": Case("64 × 128 rows of 10,000, 128 wide", _with_indices(10_000, (64, 128), table=(10_000, 128))),
    "lstm_step": Case(
        "one step, 64 samples, 64 → 128",
        _normal(x=(64, 64), hidden=(64, 128), cell=(64, 128), w_input=(512, 64), w_hidden=(512, 128), bias=(512,)),
    ),
    "cross_entropy": Case("of 256 samples and 1,000 classes", _with_indices(1000, (256,), logits=(256, 1000))),
    "adam_step": Case(
        "ten matrices of 256 × 256, with their gradients",
        _normal(**{f"{kind}{i}": (256, 256) for kind in ("p", "g") for i in range(10)}),
    ),
    "autograd": Case(
        "forward and backward through eight layers of 32, 8 samples: overhead, not arithmetic",
        _stack(8, 32),
    ),
    "to_device": Case("64 pictures of 3 × 64 × 64 from NumPy", _normal(x=(64, 3, 64, 64))),
    "loader": Case(
        "a batch of 64 in order: a DataLoader, which collates samples; a PyDataset, which slices",
        _with_indices(10, (6400,), x=(6400, 784)),
    ),
}
