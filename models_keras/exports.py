"""Keras models for other runtimes, by ``model.export``, which writes what the backend can."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from harness.contract import Array, ExportForm

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")

FORMATS: Mapping[ExportForm, str] = {
    "torch_export": "torch",
    "saved_model": "tf_saved_model",
    "onnx": "onnx",
    "litert": "litert",
}
"""What Keras calls them."""


def export(model: keras.Model, form: ExportForm, path: str, x: Array, batch: int | None) -> None:
    """Write a model; see ``harness.contract.Exportable``."""
    signature = [keras.InputSpec(dtype=str(x.dtype), shape=(batch, *x.shape[1:]), name="x")]
    with _input_type(model, str(x.dtype)):
        further: dict[str, Any] = backend.export_arguments(form, batch)
        model.export(path, format=FORMATS[form], verbose=False, input_signature=signature, **further)


@contextlib.contextmanager
def _input_type(model: keras.Model, dtype: str) -> Iterator[None]:
    """Let a model say of which type its inputs are.

    On TensorFlow Keras 3.15 traces a subclassed model once more, with floats whatever signature it is given; our halves
    refuse ids that are floats, where Keras' own embedding takes them.
    """
    kind = type(model)
    kind.input_dtype = property(lambda _: dtype)
    try:
        yield
    finally:
        del kind.input_dtype
