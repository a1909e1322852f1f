"""Clipping of gradients, by PyTorch's own functions where it has them."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from harness.contract import Clipping

LEAST_NORM = 1e-3
"""What a parameter's norm counts as where it is smaller, lest zeros never move."""

TINY = 1e-30
"""Keeps the quotient finite where a gradient is zero."""


def clip(parameters: Sequence[Tensor], clipping: Clipping) -> None:
    """Limit the gradients of ``parameters`` in place."""
    CLIPS[clipping.by](parameters, clipping.limit)


def clip_each_norm(parameters: Sequence[Tensor], limit: float) -> None:
    """Limit the norm of each gradient by itself."""
    for parameter in parameters:
        nn.utils.clip_grad_norm_(parameter, limit)


def clip_adaptively(parameters: Sequence[Tensor], limit: float) -> None:
    """Limit the norm of each gradient to ``limit`` times that of its parameter (Brock et al., 2021)."""
    for parameter in (parameter for parameter in parameters if parameter.grad is not None):
        most = limit * parameter.detach().norm().clamp(min=LEAST_NORM)
        parameter.grad.mul_((most / parameter.grad.norm().clamp(min=TINY)).clamp(max=1))


CLIPS: dict[str, Callable[[Sequence[Tensor], float], object]] = {
    "global_norm": nn.utils.clip_grad_norm_,
    "norm": clip_each_norm,
    "value": nn.utils.clip_grad_value_,
    "adaptive": clip_adaptively,
}
