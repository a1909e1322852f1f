"""PyTorch with exports that go wrong: tests of ``twinbench exports`` run them in real processes.

Found by the registry when ``TWINBENCH_ARMS`` is ``export_arms``. Every form is the healthy arm's ``ExportedProgram``,
and what goes wrong with it is said beside it.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from typing import Any

import numpy as np

from harness.contract import ArmSpec, Export, Setup
from models_torch import TORCH

KERAS_STYLE = """in user code:

    File "layer.py", line 150, in serving_default  *
        return self(inputs)

    RuntimeError: Exception encountered when calling BERT.call().

    \x1b[1mno kernel for this\x1b[0m

    Arguments received"""

RUN = "models_torch.exports:run_program"


def _arm(name: str, *exports: Export) -> ArmSpec:
    environment = {"EXPORTS": name}
    return dataclasses.replace(TORCH, name=name, entry="export_arms:arm", environment=environment, exports=exports)


ARMS = (
    _arm(
        "mistaken",
        Export("onnx", "export_arms:shifted"),
        Export("litert", "export_arms:cut"),
        Export("saved_model", "export_arms:only_first"),
        Export("torch_export", RUN),  # of weights that were rounded to float16
    ),
    _arm(
        "faulty",
        Export("saved_model", RUN),  # writing it hangs
        Export("litert", "export_arms:die"),
        Export("torch_export", RUN),  # for one size of batch only
        Export("onnx", RUN),  # writing it raises
    ),
    _arm("wanting", Export("onnx", RUN, needs=("numpy", "package_that_nobody_wrote"))),
)


def shifted(path: str, x: np.ndarray) -> np.ndarray:
    """A runtime that is a little wrong in one number."""
    outputs = _run(path, x).copy()
    outputs[0, 0] += 1e-3 * np.sqrt(np.mean(outputs**2))
    return outputs


def cut(path: str, x: np.ndarray) -> np.ndarray:
    """A runtime that loses an output."""
    return _run(path, x)[:, 1:]


def only_first(path: str, x: np.ndarray) -> np.ndarray:
    """A runtime that is right for batches of one size only, and says nothing."""
    return _run(path, x) if len(x) == 32 else np.roll(_run(path, x), 1, axis=0)


def die(path: str, x: np.ndarray) -> np.ndarray:
    """A runtime that crashes."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return x


def _run(path: str, x: np.ndarray) -> np.ndarray:
    from models_torch.exports import run_program

    return run_program(path, x)


def arm(setup: Setup) -> Any:
    """Make the arm, whose sessions write as its name says."""
    from models_torch import arm as healthy

    class Session(healthy.TorchSession):
        def export(self, form: Any, path: str, inputs: Any, batch: int | None) -> None:
            if os.environ["EXPORTS"] == "mistaken" and form == "torch_export":
                self.load({name: tensor.astype("float16").astype("float32") for name, tensor in self.dump().items()})
            if os.environ["EXPORTS"] == "faulty":
                if form == "torch_export" and batch is None:
                    raise ValueError("the first axis must be known")
                if form == "onnx":
                    raise RuntimeError(KERAS_STYLE)
                if form == "saved_model":
                    time.sleep(600)
            super().export("torch_export", path, inputs, batch)

    class Arm(healthy.TorchArm):
        session = Session

    return Arm(setup)
