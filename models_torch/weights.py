"""Weights files as PyTorch's users have them: the ``state_dict`` of a model as safetensors, without pickle."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load
from safetensors.torch import save as serialize
from torch import nn

from harness.contract import WeightsError, WeightsFile

METADATA = "__metadata__"
"""What is no tensor in the list of them that a file of safetensors begins with."""

STRANGE = ("F8_", "F6_", "F4")
"""Types of safetensors, by how they begin, that NumPy has no counterpart of; PyTorch reads some of them."""


def read(path: str) -> WeightsFile:
    """Return what a file holds, names and layouts being canonical.

    Raises:
        WeightsError: If it is cut short, or no safetensors file, or holds numbers of a type that NumPy lacks.
    """
    try:
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118 (it is no mapping)
                if (dtype := file.get_slice(name).get_dtype()).startswith(STRANGE):
                    raise WeightsError(f"{name}: stored as {dtype}, a type that NumPy lacks")
        stored = load(Path(path).read_bytes())
    except SafetensorError as error:
        if (name := _cut_off(Path(path).read_bytes())) is not None:
            raise WeightsError(f"{name}: cut short") from None
        raise WeightsError(f"cut short, or no safetensors file: {error}") from None
    return WeightsFile(
        {name: (t.float() if t.dtype == torch.bfloat16 else t).numpy() for name, t in stored.items()},
        {name: str(t.dtype).removeprefix("torch.") for name, t in stored.items()},
    )


def _cut_off(file: bytes) -> str | None:
    """Return the first tensor that a file should hold more of, if that and no more is what is wrong with it."""
    begin = 8 + int.from_bytes(file[:8], "little")
    try:
        listed = {name: one["data_offsets"][1] for name, one in json.loads(file[8:begin]).items() if name != METADATA}
        return next((name for name in sorted(listed, key=listed.__getitem__) if begin + listed[name] > len(file)), None)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def save(model: nn.Module, path: str) -> None:
    """Write the model's ``state_dict``, buffers and counters included; tied tensors are written under each name."""
    state = {name: t.clone().contiguous() for name, t in model.state_dict().items()}
    Path(path).write_bytes(serialize(state, {"format": "pt"}))


def restore(model: nn.Module, path: str) -> None:
    """Load a ``state_dict`` strictly; PyTorch itself lets a file lack the counters of batch norm."""
    model.load_state_dict(load(Path(path).read_bytes()), strict=True)
