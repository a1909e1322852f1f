"""Augmentation with given parameters, drawn by ``benchmarks.techniques.augmentation``. Pictures are (N, H, W, C).

Pixels are squares with their values in the middle (half-pixel convention): a picture turns and grows about
((H − 1) / 2, (W − 1) / 2). What lies outside is zero. Values between pixels are bilinear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import KerasTensor, ops

from harness.contract import MIXING, Augmentation, Draws
from models_keras.techniques.data_loading import Batches

if TYPE_CHECKING:
    from harness.contract import Array


def flip(x: KerasTensor, flipped: KerasTensor) -> KerasTensor:
    """Mirror those pictures that are ``flipped`` (N,), left to right."""
    return ops.where(flipped[:, None, None, None], ops.flip(x, 2), x)


def shift(x: KerasTensor, offset: KerasTensor) -> KerasTensor:
    """Move each picture by whole pixels, ``offset`` (N, 2) of them down and right."""
    rows, columns = positions(*x.shape[1:3], like=x)
    offset = ops.cast(offset, x.dtype)
    return sample(x, rows - offset[:, 0, None, None], columns - offset[:, 1, None, None])


def shift_signal(x: KerasTensor, offset: KerasTensor) -> KerasTensor:
    """Move each signal (N, L, C) by ``offset`` (N, 1) steps towards its end."""
    rows, columns = positions(1, x.shape[1], like=x)
    offset = ops.cast(offset, x.dtype)
    return sample(x[:, None], rows, columns - offset[:, 0, None, None])[:, 0]


def crop(x: KerasTensor, corner: KerasTensor, size: tuple[int, int]) -> KerasTensor:
    """Keep a window of each picture that begins at ``corner`` (N, 2), which may lie outside."""
    rows, columns = positions(*size, like=x)
    corner = ops.cast(corner, x.dtype)
    return sample(x, rows + corner[:, 0, None, None], columns + corner[:, 1, None, None])


def rotation(x: KerasTensor, angle: KerasTensor) -> KerasTensor:
    """Turn each picture counterclockwise by ``angle`` (N,), in radians."""
    rows, columns = positions(*x.shape[1:3], like=x)
    middle_row, middle_column = (x.shape[1] - 1) / 2, (x.shape[2] - 1) / 2
    down, right = rows - middle_row, columns - middle_column
    cos, sin = ops.cos(angle)[:, None, None], ops.sin(angle)[:, None, None]
    return sample(x, middle_row + cos * down + sin * right, middle_column + cos * right - sin * down)


def zoom(x: KerasTensor, factor: KerasTensor) -> KerasTensor:
    """Enlarge each picture ``factor`` (N,) times."""
    rows, columns = positions(*x.shape[1:3], like=x)
    middle_row, middle_column = (x.shape[1] - 1) / 2, (x.shape[2] - 1) / 2
    times = factor[:, None, None]
    return sample(x, middle_row + (rows - middle_row) / times, middle_column + (columns - middle_column) / times)


def cutout(x: KerasTensor, centre: KerasTensor, size: int) -> KerasTensor:
    """Cut a square of ``size`` pixels out of each picture, from ``centre`` − ⌊size / 2⌋ on; zeros are left."""
    first = centre - size // 2
    hole = within(x, ops.concatenate([first, first + size], axis=1))
    return ops.where(hole, ops.zeros_like(x), x)


def mixup(x: KerasTensor, y: KerasTensor, partner: KerasTensor, share: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Mix each sample with its ``partner``, pictures and targets (N, K) alike; ``share`` (N,) is its own part."""
    of_pictures, of_targets = share[:, None, None, None], share[:, None]
    return (
        of_pictures * x + (1 - of_pictures) * ops.take(x, partner, axis=0),
        of_targets * y + (1 - of_targets) * ops.take(y, partner, axis=0),
    )


def cutmix(
    x: KerasTensor, y: KerasTensor, partner: KerasTensor, box: KerasTensor, share: KerasTensor
) -> tuple[KerasTensor, KerasTensor]:
    """Fill the ``box`` (N, 4) of each picture from its ``partner``'s; ``share`` (N,) is what is its own."""
    of_targets = share[:, None]
    return (
        ops.where(within(x, box), ops.take(x, partner, axis=0), x),
        of_targets * y + (1 - of_targets) * ops.take(y, partner, axis=0),
    )


def noise(x: KerasTensor, noise: KerasTensor) -> KerasTensor:
    """Add ``noise`` of the shape of ``x``, which may be pictures or signals."""
    return x + noise


def positions(height: int, width: int, like: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Return the row (1, H, 1) and the column (1, 1, W) of every pixel."""
    rows, columns = (ops.arange(length, dtype=like.dtype) for length in (height, width))
    return rows[None, :, None], columns[None, None, :]


def within(x: KerasTensor, box: KerasTensor) -> KerasTensor:
    """Return which pixels lie in each picture's box (top, left, bottom, right): (N, H, W, 1)."""
    rows, columns = positions(*x.shape[1:3], like=x)
    top, left, bottom, right = (ops.cast(box[:, side, None, None], x.dtype) for side in range(4))
    return ((rows >= top) & (rows < bottom) & (columns >= left) & (columns < right))[..., None]


def sample(x: KerasTensor, rows: KerasTensor, columns: KerasTensor) -> KerasTensor:
    """Return what each picture (N, H, W, C) shows at the given places, broadcast to (N, H', W'): (N, H', W', C).

    ``ops.image.affine_transform`` would do, but on TensorFlow it takes its places in float32, whatever ``x`` is.
    """
    count, height, width, channels = x.shape
    rows, columns = rows + ops.zeros_like(columns), columns + ops.zeros_like(rows)
    pixels = ops.reshape(x, (count, -1, channels))
    found = ops.zeros((), dtype=x.dtype)
    top, left = ops.floor(rows), ops.floor(columns)
    for row in (top, top + 1):
        for column in (left, left + 1):
            weight = (1 - abs(rows - row)) * (1 - abs(columns - column))
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            place = ops.clip(row, 0, height - 1) * width + ops.clip(column, 0, width - 1)
            place = ops.reshape(ops.cast(place, "int32"), (count, -1, 1))
            value = ops.reshape(ops.take_along_axis(pixels, place, axis=1), (count, *rows.shape[1:], channels))
            found = found + (weight * ops.cast(inside, x.dtype))[..., None] * value
    return found


AUGMENTATIONS: Mapping[str, Callable[..., Any]] = {
    "flip": flip,
    "shift": shift,
    "shift_signal": shift_signal,
    "crop": crop,
    "rotation": rotation,
    "zoom": zoom,
    "cutout": cutout,
    "mixup": mixup,
    "cutmix": cutmix,
    "noise": noise,
}


def augment(
    x: KerasTensor, y: KerasTensor, steps: Sequence[tuple[Augmentation, Mapping[str, Any]]]
) -> tuple[KerasTensor, KerasTensor]:
    """Apply techniques in turn, each with what was drawn for it (NumPy arrays), to a batch and its targets."""
    for step, drawn in steps:
        tensors = {name: as_tensor(array, x) for name, array in drawn.items()}
        if step.name in MIXING:  # then targets are (N, K)
            x, y = AUGMENTATIONS[step.name](x, y, **tensors, **step.given)
        else:
            x = AUGMENTATIONS[step.name](x, **tensors, **step.given)
    return x, y


def as_tensor(array: Array, like: KerasTensor) -> KerasTensor:
    """Return an array as a tensor; floats in the type of ``like``, and what has its axes with the channel last."""
    if array.ndim == len(like.shape) > 2:
        array = np.ascontiguousarray(np.moveaxis(array, 1, -1))
    return ops.convert_to_tensor(array, dtype=like.dtype if array.dtype.kind == "f" else None)


class AugmentedBatches(Batches):
    """The batches of one epoch, each augmented as it is asked for.

    Args:
        x: Samples, channel last.
        y: Their targets.
        order: Of the samples.
        batch_size: Samples to a batch; the last one may be smaller.
        epoch: Its number, for ``draws``.
        draws: See ``harness.contract``.
    """

    def __init__(self, x: Array, y: Array, order: Array, batch_size: int, epoch: int, draws: Draws):
        super().__init__(x, y, order, batch_size)
        self.epoch, self.draws = epoch, draws

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        x, y = super().__getitem__(number)
        canonical = (len(x), x.shape[-1], *x.shape[1:-1]) if x.ndim > 2 else x.shape
        steps = self.draws(canonical, self.epoch, number)
        return augment(ops.convert_to_tensor(x), ops.convert_to_tensor(y), steps)
