"""Refuses inputs that an architecture cannot take. Looks at shapes and types only: compiled graphs hold none of it."""

from torch import Tensor


def check_image(x: Tensor, in_channels: int, at_least: int = 1, exactly: int | None = None) -> None:
    """Refuse an input ``x`` that is not images (N, in_channels, H, W) of floating-point numbers.

    Args:
        x: The input of the network.
        in_channels: 1 for grey, 3 for colour.
        at_least: Pixels of a side, such as the product of all strides.
        exactly: Pixels of a side, where no other size will do.

    Raises:
        ValueError: If rank, type, channels or a side of ``x`` is another; it says what was expected.
    """
    _check(x, f"images (N, {in_channels}, H, W)", 4, in_channels, at_least, exactly)


def check_signal(x: Tensor, in_channels: int, exactly: int) -> None:
    """Refuse an input ``x`` that is not signals (N, in_channels, length); see ``check_image``."""
    _check(x, f"signals (N, {in_channels}, length)", 3, in_channels, 1, exactly)


def check_sequence(x: Tensor, features: int, length: int | None = None) -> None:
    """Refuse an input ``x`` that is not sequences (N, length, features) of floating-point numbers.

    Args:
        x: The input of the network.
        features: Of a step.
        length: Steps of a sequence; None if any number but 0 will do.

    Raises:
        ValueError: If rank, type, features or length of ``x`` is another; it says what was expected.
    """
    dtype = str(x.dtype).removeprefix("torch.")
    fits = x.ndim == 3 and x.shape[2] == features and x.is_floating_point()
    if not (fits and x.shape[1] > 0 and x.shape[1] == (length or x.shape[1])):
        form = f"(N, {length or 'length'}, {features})"
        raise ValueError(f"x must be sequences {form} of floating-point numbers, got {dtype} {tuple(x.shape)}")


def _check(x: Tensor, form: str, axes: int, in_channels: int, at_least: int, exactly: int | None) -> None:
    fits = x.ndim == axes and x.shape[1] == in_channels and x.is_floating_point()
    if not (fits and all(side >= at_least and side == (exactly or side) for side in x.shape[2:])):
        size = f"sides of {exactly}" if exactly else f"sides of at least {at_least}"
        dtype = str(x.dtype).removeprefix("torch.")
        raise ValueError(f"x must be {form} of floating-point numbers with {size}, got {dtype} {tuple(x.shape)}")
