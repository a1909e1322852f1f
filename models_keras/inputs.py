"""Refuses inputs that an architecture cannot take: errors that name the argument, where a framework's would not.

Shape and type are looked at whenever Python is: in every eager call, once where a step is compiled. Values of ids are
looked at where that waits for nothing, in host memory; compiled graphs hold none of it.
"""

import importlib

import keras
from keras import KerasTensor

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


def check_image(
    x: KerasTensor, in_channels: int, at_least: int = 1, exactly: int | None = None, multiple_of: int = 1
) -> None:
    """Refuse an input ``x`` that is not images (N, H, W, in_channels) of floating-point numbers.

    Args:
        x: The input of the network. What is not known of its shape before data arrives is taken for right.
        in_channels: 1 for grey, 3 for colour.
        at_least: Pixels of a side, such as the product of all strides.
        exactly: Pixels of a side, where no other size will do.
        multiple_of: What divides the pixels of a side.

    Raises:
        ValueError: If rank, type, channels or a side of ``x`` is another; it says what was expected.
    """
    _check(x, f"images (N, H, W, {in_channels})", 4, in_channels, at_least, exactly, multiple_of)


def check_signal(x: KerasTensor, in_channels: int, exactly: int) -> None:
    """Refuse an input ``x`` that is not signals (N, length, in_channels); see ``check_image``."""
    _check(x, f"signals (N, length, {in_channels})", 3, in_channels, 1, exactly)


def check_features(x: KerasTensor, in_features: int) -> None:
    """Refuse an input ``x`` that is not features (N, in_features); see ``check_image``."""
    if not (len(x.shape) == 2 and x.shape[1] == in_features and "float" in _dtype(x)):
        raise ValueError(f"x must be features (N, {in_features}) of floating-point numbers, got {_told(x)}")


def check_sequence(x: KerasTensor, features: int, length: int | None = None) -> None:
    """Refuse an input ``x`` that is not sequences (N, length, features) of floating-point numbers.

    Args:
        x: The input of the network. What is not known of its shape before data arrives is taken for right.
        features: Of a step.
        length: Steps of a sequence; None if any number but 0 will do.

    Raises:
        ValueError: If rank, type, features or length of ``x`` is another; it says what was expected.
    """
    fits = len(x.shape) == 3 and x.shape[2] == features and "float" in _dtype(x)
    if not (fits and x.shape[1] != 0 and x.shape[1] in (None, length or x.shape[1])):
        form = f"(N, {length or 'length'}, {features})"
        raise ValueError(f"x must be sequences {form} of floating-point numbers, got {_told(x)}")


def check_tokens(ids: KerasTensor, vocabulary: int, length: int | None = None) -> None:
    """Refuse ids that an embedding of ``vocabulary`` rows or one of ``length`` positions has no row for.

    Args:
        ids: (N, T), whole numbers.
        vocabulary: Ids are below it.
        length: T is at most this; None if any number will do.

    Raises:
        ValueError: If rank, type, length or an id is wrong; ids that are traced or lie on a device pass.
    """
    if len(ids.shape) != 2:
        raise ValueError(f"ids: expected shape (N, T), got {tuple(ids.shape)}")
    kind = keras.backend.standardize_dtype(ids.dtype)
    if kind not in ("int32", "int64"):
        raise ValueError(f"ids: expected int32 or int64, got {kind}")
    # a model may be built without a length
    if length is not None and isinstance(ids.shape[1], int) and ids.shape[1] > length:
        raise ValueError(f"ids: sequences of {ids.shape[1]} are longer than the {length} positions (argument length)")
    values = backend.in_host_memory(ids)
    if values is not None and values.size:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high >= vocabulary:
            raise ValueError(f"ids: {low} to {high}, expected 0 to {vocabulary - 1} (argument vocabulary)")


def _check(
    x: KerasTensor, form: str, axes: int, in_channels: int, at_least: int, exactly: int | None, multiple_of: int = 1
) -> None:
    fits = len(x.shape) == axes and x.shape[-1] == in_channels and "float" in _dtype(x)
    sides = [side for side in x.shape[1:-1] if side is not None]
    least = max(at_least, multiple_of)
    if not (fits and all(side >= least and side % multiple_of == 0 and side == (exactly or side) for side in sides)):
        size = f"sides of {exactly}" if exactly else f"sides of at least {least}"
        size += f", multiples of {multiple_of}" if multiple_of > 1 else ""
        raise ValueError(f"x must be {form} of floating-point numbers with {size}, got {_told(x)}")


def _dtype(x: KerasTensor) -> str:
    return str(keras.backend.standardize_dtype(x.dtype))


def _told(x: KerasTensor) -> str:
    return f"{_dtype(x)} {tuple(x.shape)}"
