"""Refuses inputs that an architecture cannot take. Looks at shapes and types only: compiled graphs hold none of it."""

import keras
from keras import KerasTensor


def check_image(x: KerasTensor, in_channels: int, at_least: int = 1, exactly: int | None = None) -> None:
    """Refuse an input ``x`` that is not images (N, H, W, in_channels) of floating-point numbers.

    Args:
        x: The input of the network. What is not known of its shape before data arrives is taken for right.
        in_channels: 1 for grey, 3 for colour.
        at_least: Pixels of a side, such as the product of all strides.
        exactly: Pixels of a side, where no other size will do.

    Raises:
        ValueError: If rank, type, channels or a side of ``x`` is another; it says what was expected.
    """
    _check(x, f"images (N, H, W, {in_channels})", 4, in_channels, at_least, exactly)


def check_signal(x: KerasTensor, in_channels: int, exactly: int) -> None:
    """Refuse an input ``x`` that is not signals (N, length, in_channels); see ``check_image``."""
    _check(x, f"signals (N, length, {in_channels})", 3, in_channels, 1, exactly)


def check_sequence(x: KerasTensor, features: int, length: int | None = None) -> None:
    """Refuse an input ``x`` that is not sequences (N, length, features) of floating-point numbers.

    Args:
        x: The input of the network. What is not known of its shape before data arrives is taken for right.
        features: Of a step.
        length: Steps of a sequence; None if any number but 0 will do.

    Raises:
        ValueError: If rank, type, features or length of ``x`` is another; it says what was expected.
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    fits = len(x.shape) == 3 and x.shape[2] == features and keras.backend.is_float_dtype(dtype)
    if not (fits and x.shape[1] != 0 and x.shape[1] in (None, length or x.shape[1])):
        form = f"(N, {length or 'length'}, {features})"
        raise ValueError(f"x must be sequences {form} of floating-point numbers, got {dtype} {tuple(x.shape)}")


def _check(x: KerasTensor, form: str, axes: int, in_channels: int, at_least: int, exactly: int | None) -> None:
    dtype = keras.backend.standardize_dtype(x.dtype)
    fits = len(x.shape) == axes and x.shape[-1] == in_channels and "float" in dtype
    sides = [side for side in x.shape[1:-1] if side is not None]
    if not (fits and all(side >= at_least and side == (exactly or side) for side in sides)):
        size = f"sides of {exactly}" if exactly else f"sides of at least {at_least}"
        raise ValueError(f"x must be {form} of floating-point numbers with {size}, got {dtype} {tuple(x.shape)}")
