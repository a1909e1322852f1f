"""Parts of a train step by themselves, to see where the time goes.

In turn they are ``TorchSession.train_step`` where it neither accumulates gradients nor steps uphill first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from harness.contract import Part
    from models_torch.arm import TorchSession

Run = Callable[[Tensor, Tensor], Tensor]


def find(session: TorchSession, part: Part) -> Run:
    """Return what runs a part on a batch, and gives a scalar.

    Raises:
        ValueError: If a step has no such part.
    """

    def forward(x: Tensor, y: Tensor) -> Tensor:
        with session.autocast:
            return session.loss(x, y).detach()

    def forward_backward(x: Tensor, y: Tensor) -> Tensor:
        session.optimizer.zero_grad()
        with session.autocast:
            loss = session.loss(x, y)
        loss.backward()
        return loss.detach()

    def optimizer(_x: Tensor, _y: Tensor) -> Tensor:
        session.optimizer.step()
        if session.schedule:
            session.schedule.step()
        return parameter

    parameter = next(session.model.parameters()).detach().flatten()[0]
    known: dict[Part, Run] = {"forward": forward, "forward+backward": forward_backward, "optimizer": optimizer}
    if part not in known:
        raise ValueError(f"a train step has no part {part!r}; it has {', '.join(known)}")
    return known[part]
