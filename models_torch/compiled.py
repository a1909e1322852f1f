"""PyTorch with ``torch.compile``: the same halves, what they compute forward and backward compiled by Inductor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._dynamo.utils import counters

from harness.contract import Call, Setup, Workload
from models_torch.arm import TorchArm, TorchSession

if TYPE_CHECKING:
    from harness.contract import Array


class CompiledTorchSession(TorchSession):
    """One model under training, its forward pass compiled, and the backward pass with it."""

    def __init__(self, setup: Setup, workload: Workload):
        torch.compiler.reset()  # another session's graphs would count as this one's
        counters.clear()
        super().__init__(setup, workload)
        self.model.compile(dynamic=False)

    def taps(self, x: Array, *, training: bool = False) -> dict[str, Array]:
        """Return the output of every layer, which hooks see only in eager mode; the last output is the compiled one."""
        with torch.compiler.set_stance("force_eager"):
            caught = super().taps(x, training=training)
        return caught | {"output": self._forward(x, training)}

    def calls(self, x: Array) -> list[Call]:
        """Return every call of a module, in eager mode likewise."""
        with torch.compiler.set_stance("force_eager"):
            return super().calls(x)

    def settings(self) -> dict[str, Any]:
        """Return what is in force; the numbers are of what was compiled so far."""
        return super().settings() | {
            "execution": "compiled by torch.compile",
            "compile_backend": "inductor",
            "compile_mode": "default",
            "compile_dynamic": False,
            "graphs": counters["stats"]["unique_graphs"],
            "graph_breaks": sum(counters["graph_break"].values()),
        }


class CompiledTorchArm(TorchArm):
    """PyTorch in this process, compiling. The optimizer's step stays as it is, as most users leave it."""

    session = CompiledTorchSession

    def __init__(self, setup: Setup):
        if " " in torch.__file__:  # Inductor gives the linker the path without quotes, and no reason that helps
            raise RuntimeError(f"torch.compile cannot link where PyTorch's own path has a space: {torch.__file__}")
        super().__init__(setup)
        config.fail_on_recompile_limit_hit = True  # else it would go on eagerly, and nobody would be told
        config.recompile_limit = 64  # training, evaluation and every size of batch are compiled by themselves
