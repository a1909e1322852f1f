"""Refuses inputs that an architecture cannot take. It looks at shapes and types only: no graph holds any of it."""

from torch import Tensor


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
        raise ValueError(f"x must be sequences {form} of floating-point numbers, got {x.dtype} {tuple(x.shape)}")
