"""PyTorch models for other runtimes: ``torch.export`` and ONNX, each as PyTorch's documentation has it today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from harness.contract import Array, ExportForm


class Write(Protocol):
    """Writes a model that takes batches like ``x``, of one size or of any."""

    def __call__(self, model: nn.Module, path: str, x: Tensor, batch: int | None) -> None:
        """Write it to ``path``."""


def export(model: nn.Module, form: ExportForm, path: str, x: Tensor, batch: int | None) -> None:
    """Write a model that is in evaluation mode; see ``harness.contract.Exportable``."""
    with torch.no_grad():
        WRITERS[form](model, path, x if batch is None else x[:batch], batch)


def program(model: nn.Module, path: str, x: Tensor, batch: int | None) -> None:
    """Write an ``ExportedProgram``."""
    torch.export.save(torch.export.export(model, (x,), dynamic_shapes=_shapes(batch)), path)


def onnx(model: nn.Module, path: str, x: Tensor, batch: int | None) -> None:
    """Write ONNX by the exporter that goes through ``torch.export``, weights within the file."""
    torch.onnx.export(model, (x,), path, dynamo=True, dynamic_shapes=_shapes(batch), external_data=False, verbose=False)


WRITERS: Mapping[ExportForm, Write] = {"torch_export": program, "onnx": onnx}


def _shapes(batch: int | None) -> tuple[dict[int, object]] | None:
    """Say that the first axis may have any size, which is an error where the model lets it have one only."""
    return ({0: torch.export.Dim.DYNAMIC},) if batch is None else None


def run_program(path: str, x: Array) -> Array:
    """Return the outputs of a written ``ExportedProgram``."""
    with torch.no_grad():
        found: Array = torch.export.load(path).module()(torch.from_numpy(x)).numpy()
    return found
