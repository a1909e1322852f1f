"""Refuses inputs that an architecture cannot take. It looks at shapes and types only: no graph holds any of it."""

import keras
from keras import KerasTensor


def check_sequence(x: KerasTensor, features: int, length: int | None = None) -> None:
    """Refuse an input ``x`` that is not sequences (N, length, features) of floating-point numbers.

    Args:
        x: The input of the network. What is not known of its shape before data arrives is taken for right.
        features: Of a step.
        length: Steps of a sequence; None if any number but 0 will do.

    Raises:
        ValueError: If rank, type, features or length of ``x`` is another; it says what was expected.
    """
    fits = len(x.shape) == 3 and x.shape[2] == features and keras.backend.is_float_dtype(x.dtype)
    if not (fits and x.shape[1] != 0 and x.shape[1] in (None, length or x.shape[1])):
        form = f"(N, {length or 'length'}, {features})"
        raise ValueError(f"x must be sequences {form} of floating-point numbers, got {x.dtype} {tuple(x.shape)}")
