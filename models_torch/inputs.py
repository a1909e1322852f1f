"""Refuses inputs that an architecture cannot take: errors that name the argument, where a framework's would not.

Shape and type are looked at whenever Python is: in every eager call, once where a step is compiled. Values of ids are
looked at where that waits for nothing, in host memory; compiled graphs hold none of it.
"""

import torch
from torch import Tensor


def check_image(
    x: Tensor, in_channels: int, at_least: int = 1, exactly: int | None = None, multiple_of: int = 1
) -> None:
    """Refuse an input ``x`` that is not images (N, in_channels, H, W) of floating-point numbers.

    Args:
        x: The input of the network.
        in_channels: 1 for grey, 3 for colour.
        at_least: Pixels of a side, such as the product of all strides.
        exactly: Pixels of a side, where no other size will do.
        multiple_of: What divides the pixels of a side.

    Raises:
        ValueError: If rank, type, channels or a side of ``x`` is another; it says what was expected.
    """
    _check(x, f"images (N, {in_channels}, H, W)", 4, in_channels, at_least, exactly, multiple_of)


def check_signal(x: Tensor, in_channels: int, exactly: int) -> None:
    """Refuse an input ``x`` that is not signals (N, in_channels, length); see ``check_image``."""
    _check(x, f"signals (N, {in_channels}, length)", 3, in_channels, 1, exactly)


def check_features(x: Tensor, in_features: int) -> None:
    """Refuse an input ``x`` that is not features (N, in_features); see ``check_image``."""
    if not (x.ndim == 2 and x.shape[1] == in_features and x.is_floating_point()):
        raise ValueError(f"x must be features (N, {in_features}) of floating-point numbers, got {_told(x)}")


def check_sequence(x: Tensor, features: int, length: int | None = None) -> None:
    """Refuse an input ``x`` that is not sequences (N, length, features) of floating-point numbers.

    Args:
        x: The input of the network.
        features: Of a step.
        length: Steps of a sequence; None if any number but 0 will do.

    Raises:
        ValueError: If rank, type, features or length of ``x`` is another; it says what was expected.
    """
    fits = x.ndim == 3 and x.shape[2] == features and x.is_floating_point()
    if not (fits and x.shape[1] > 0 and x.shape[1] == (length or x.shape[1])):
        form = f"(N, {length or 'length'}, {features})"
        raise ValueError(f"x must be sequences {form} of floating-point numbers, got {_told(x)}")


def check_tokens(ids: Tensor, vocabulary: int, length: int | None = None) -> None:
    """Refuse ids that an embedding of ``vocabulary`` rows or one of ``length`` positions has no row for.

    Args:
        ids: (N, T), whole numbers.
        vocabulary: Ids are below it.
        length: T is at most this; None if any number will do.

    Raises:
        ValueError: If rank, type, length or an id is wrong; ids that are traced or lie on a device pass.
    """
    if ids.ndim != 2:
        raise ValueError(f"ids: expected shape (N, T), got {tuple(ids.shape)}")
    kind = str(ids.dtype).removeprefix("torch.")
    if kind not in ("int32", "int64"):
        raise ValueError(f"ids: expected int32 or int64, got {kind}")
    if length is not None and ids.shape[1] > length:
        raise ValueError(f"ids: sequences of {ids.shape[1]} are longer than the {length} positions (argument length)")
    values = _in_host_memory(ids)
    if values is not None and values.numel():
        low, high = (int(bound) for bound in values.aminmax())
        if low < 0 or high >= vocabulary:
            raise ValueError(f"ids: {low} to {high}, expected 0 to {vocabulary - 1} (argument vocabulary)")


def _check(
    x: Tensor, form: str, axes: int, in_channels: int, at_least: int, exactly: int | None, multiple_of: int = 1
) -> None:
    fits = x.ndim == axes and x.shape[1] == in_channels and x.is_floating_point()
    sides = x.shape[2:]
    least = max(at_least, multiple_of)
    if not (fits and all(side >= least and side % multiple_of == 0 and side == (exactly or side) for side in sides)):
        size = f"sides of {exactly}" if exactly else f"sides of at least {least}"
        size += f", multiples of {multiple_of}" if multiple_of > 1 else ""
        raise ValueError(f"x must be {form} of floating-point numbers with {size}, got {_told(x)}")


def _told(x: Tensor) -> str:
    return f"{str(x.dtype).removeprefix('torch.')} {tuple(x.shape)}"


def _in_host_memory(x: Tensor) -> Tensor | None:
    """Return the tensor itself if its values can be read at no cost: subclasses may have none, as when traced."""
    return x if type(x) is Tensor and x.device.type == "cpu" and not torch.compiler.is_compiling() else None
