"""Checks of what enters a network: errors that name the argument, where a framework's own would not, or would not come.

Shape and type are looked at whenever Python is: in every eager call, once where a step is compiled. Values are looked
at where that waits for nothing, in host memory.
"""

import importlib

import keras
from keras import KerasTensor

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


def check_tokens(ids: KerasTensor, vocabulary: int, length: int) -> None:
    """Refuse ids that an embedding of ``vocabulary`` rows or one of ``length`` positions has no row for.

    Args:
        ids: (N, T), whole numbers.
        vocabulary: Ids are below it.
        length: T is at most this.

    Raises:
        ValueError: If rank, type, length or an id is wrong; ids that are traced or lie on a device pass.
    """
    if len(ids.shape) != 2:
        raise ValueError(f"ids: expected shape (N, T), got {tuple(ids.shape)}")
    kind = keras.backend.standardize_dtype(ids.dtype)
    if kind not in ("int32", "int64"):
        raise ValueError(f"ids: expected int32 or int64, got {kind}")
    if isinstance(ids.shape[1], int) and ids.shape[1] > length:
        raise ValueError(f"ids: sequences of {ids.shape[1]} are longer than the {length} positions (argument length)")
    values = backend.in_host_memory(ids)
    if values is not None and values.size:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high >= vocabulary:
            raise ValueError(f"ids: {low} to {high}, expected 0 to {vocabulary - 1} (argument vocabulary)")
