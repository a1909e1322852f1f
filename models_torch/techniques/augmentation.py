"""Augmentation with given parameters, drawn by ``benchmarks.techniques.augmentation``. Pictures are (N, C, H, W).

Pixels are squares with their values in the middle (half-pixel convention, ``align_corners=False``): a picture turns and
grows about ((H − 1) / 2, (W − 1) / 2). What lies outside is zero. Values between pixels are bilinear.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from harness.contract import MIXING, Augmentation


def flip(x: Tensor, flipped: Tensor) -> Tensor:
    """Mirror those pictures that are ``flipped`` (N,), left to right."""
    return torch.where(flipped[:, None, None, None], x.flip(3), x)


def shift(x: Tensor, offset: Tensor) -> Tensor:
    """Move each picture by whole pixels, ``offset`` (N, 2) of them down and right."""
    rows, columns = positions(*x.shape[2:], like=x)
    return sample(x, rows - offset[:, 0, None, None], columns - offset[:, 1, None, None])


def shift_signal(x: Tensor, offset: Tensor) -> Tensor:
    """Move each signal (N, C, L) by ``offset`` (N, 1) steps towards its end."""
    rows, columns = positions(1, x.shape[2], like=x)
    return sample(x[:, :, None], rows, columns - offset[:, 0, None, None])[:, :, 0]


def crop(x: Tensor, corner: Tensor, size: tuple[int, int]) -> Tensor:
    """Keep a window of each picture that begins at ``corner`` (N, 2), which may lie outside."""
    rows, columns = positions(*size, like=x)
    return sample(x, rows + corner[:, 0, None, None], columns + corner[:, 1, None, None])


def rotation(x: Tensor, angle: Tensor) -> Tensor:
    """Turn each picture counterclockwise by ``angle`` (N,), in radians."""
    rows, columns = positions(*x.shape[2:], like=x)
    middle_row, middle_column = (x.shape[2] - 1) / 2, (x.shape[3] - 1) / 2
    down, right = rows - middle_row, columns - middle_column
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    return sample(x, middle_row + cos * down + sin * right, middle_column + cos * right - sin * down)


def zoom(x: Tensor, factor: Tensor) -> Tensor:
    """Enlarge each picture ``factor`` (N,) times."""
    rows, columns = positions(*x.shape[2:], like=x)
    middle_row, middle_column = (x.shape[2] - 1) / 2, (x.shape[3] - 1) / 2
    times = factor[:, None, None]
    return sample(x, middle_row + (rows - middle_row) / times, middle_column + (columns - middle_column) / times)


def cutout(x: Tensor, centre: Tensor, size: int) -> Tensor:
    """Cut a square of ``size`` pixels out of each picture, from ``centre`` − ⌊size / 2⌋ on; zeros are left."""
    first = centre - size // 2
    hole = within(x, torch.cat([first, first + size], dim=1))
    return torch.where(hole, 0.0, x)


def mixup(x: Tensor, y: Tensor, partner: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Mix each sample with its ``partner``, pictures and targets (N, K) alike; ``share`` (N,) is its own part."""
    of_pictures, of_targets = share[:, None, None, None], share[:, None]
    return (
        of_pictures * x + (1 - of_pictures) * x[partner],
        of_targets * y + (1 - of_targets) * y[partner],
    )


def cutmix(x: Tensor, y: Tensor, partner: Tensor, box: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Fill the ``box`` (N, 4) of each picture from its ``partner``'s; ``share`` (N,) is what is its own."""
    of_targets = share[:, None]
    return (
        torch.where(within(x, box), x[partner], x),
        of_targets * y + (1 - of_targets) * y[partner],
    )


def noise(x: Tensor, noise: Tensor) -> Tensor:
    """Add ``noise`` of the shape of ``x``, which may be pictures or signals."""
    return x + noise


def positions(height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the row (1, H, 1) and the column (1, 1, W) of every pixel."""
    rows, columns = (torch.arange(length, dtype=like.dtype) for length in (height, width))
    return rows[None, :, None], columns[None, None, :]


def within(x: Tensor, box: Tensor) -> Tensor:
    """Return which pixels lie in each picture's box (top, left, bottom, right): (N, 1, H, W)."""
    rows, columns = positions(*x.shape[2:], like=x)
    top, left, bottom, right = (box[:, side, None, None] for side in range(4))
    return ((rows >= top) & (rows < bottom) & (columns >= left) & (columns < right))[:, None]


def sample(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return what each picture (N, C, H, W) shows at the given places, broadcast to (N, H', W'): (N, C, H', W').

    ``F.grid_sample`` with ``align_corners=False`` and ``padding_mode="zeros"`` gives the same but for the rounding of
    its places, which lie in −1 … 1: whole ones are no longer exact there.
    """
    count, channels, height, width = x.shape
    rows, columns = torch.broadcast_tensors(rows, columns)
    pixels = x.reshape(count, channels, -1)
    found = torch.zeros((), dtype=x.dtype)
    top, left = torch.floor(rows), torch.floor(columns)
    for row in (top, top + 1):
        for column in (left, left + 1):
            weight = (1 - abs(rows - row)) * (1 - abs(columns - column))
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            place = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long().reshape(count, 1, -1)
            value = torch.take_along_dim(pixels, place, dim=2).reshape(count, channels, *rows.shape[1:])
            found = found + (weight * inside)[:, None] * value
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


def augment(x: Tensor, y: Tensor, steps: Sequence[tuple[Augmentation, Mapping[str, Any]]]) -> tuple[Tensor, Tensor]:
    """Apply techniques in turn, each with what was drawn for it (NumPy arrays), to a batch and its targets."""
    for step, drawn in steps:
        tensors = {name: as_tensor(array, x) for name, array in drawn.items()}
        if step.name in MIXING:  # then targets are (N, K)
            x, y = AUGMENTATIONS[step.name](x, y, **tensors, **step.given)
        else:
            x = AUGMENTATIONS[step.name](x, **tensors, **step.given)
    return x, y


def as_tensor(array: Any, like: Tensor) -> Tensor:
    """Return an array as a tensor; floats in the type of ``like``."""
    tensor = torch.from_numpy(array)
    return tensor.to(like.dtype) if tensor.is_floating_point() else tensor
