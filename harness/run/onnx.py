"""Runs ONNX files by ONNX Runtime, which knows nothing of the framework that wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array

TYPES = {"tensor(int32)": np.int32, "tensor(int64)": np.int64, "tensor(float)": np.float32}
"""Types of inputs, as the runtime calls them: a framework may write ids as other integers than it was given."""


def run(path: str, x: Array) -> Array:
    """Return the first output of a model for its one input."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (entry,) = session.get_inputs()
    found: Array = session.run(None, {entry.name: x.astype(TYPES[entry.type])})[0]
    return found
