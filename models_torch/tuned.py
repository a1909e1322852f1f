"""PyTorch as its own tuning guide has it, beside what a user types: channels last, fused optimizers, tried kernels.

https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html. To compile is another matter, and another arm.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from harness.contract import Setup
from models_torch.arm import TorchArm, TorchSession
from models_torch.compiled import CompiledTorchArm, CompiledTorchSession


class TunedTorchSession(TorchSession):
    """One model under training: kernels and batches of images lie with the channel last, the optimizer is fused."""

    fused = True

    def settings(self) -> dict[str, Any]:
        """Return what is in force, and how its kernels lie in memory."""
        kernels = [parameter for parameter in self.model.parameters() if parameter.ndim == 4]
        last = [kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels]
        layout = {"memory_format": "channels_last" if all(last) else "contiguous"} if last else {}
        return super().settings() | layout

    def _build(self) -> nn.Module:
        model = super()._build()
        return model.to(memory_format=torch.channels_last) if self.workload.form == "image" else model

    def _placed(self, tensor: Tensor) -> Tensor:
        placed = super()._placed(tensor)
        of_image = self.workload.form == "image" and placed.ndim == 4
        return placed.contiguous(memory_format=torch.channels_last) if of_image else placed


class TunedCompiledTorchSession(TunedTorchSession, CompiledTorchSession):
    """The same, its forward and backward pass compiled."""


class TunedTorchArm(TorchArm):
    """PyTorch in this process, tuned; cuDNN tries its kernels on each shape of a batch and keeps the fastest."""

    session: type[TorchSession] = TunedTorchSession

    def __init__(self, setup: Setup):
        super().__init__(setup)
        torch.backends.cudnn.benchmark = True


class TunedCompiledTorchArm(TunedTorchArm, CompiledTorchArm):
    """The same, compiling."""

    session = TunedCompiledTorchSession
