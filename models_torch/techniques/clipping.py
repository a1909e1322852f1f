"""Clipping of gradients, by PyTorch's own functions."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from harness.contract import Clipping


def clip(parameters: Sequence[Tensor], clipping: Clipping) -> None:
    """Limit the gradients of ``parameters`` in place."""
    CLIPS[clipping.by](parameters, clipping.limit)


def clip_each_norm(parameters: Sequence[Tensor], limit: float) -> None:
    """Limit the norm of each gradient by itself."""
    for parameter in parameters:
        nn.utils.clip_grad_norm_(parameter, limit)


CLIPS: dict[str, Callable[[Sequence[Tensor], float], object]] = {
    "global_norm": nn.utils.clip_grad_norm_,
    "norm": clip_each_norm,
    "value": nn.utils.clip_grad_value_,
}
