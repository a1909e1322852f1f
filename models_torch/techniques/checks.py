"""Checks of what enters a network: errors that name the argument, where a framework's own would not, or would not come.

Shape and type are looked at whenever Python is: in every eager call, once where a step is compiled. Values are looked
at where that waits for nothing, in host memory.
"""

import torch
from torch import Tensor


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


def _in_host_memory(x: Tensor) -> Tensor | None:
    """Return the tensor itself if its values can be read at no cost: subclasses may have none, as when traced."""
    return x if type(x) is Tensor and x.device.type == "cpu" and not torch.compiler.is_compiling() else None
