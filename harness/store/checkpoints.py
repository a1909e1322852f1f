"""Checkpoints on disk: safetensors with JSON beside the tensors, a sha256 of both, written whole or not at all.

Nothing in them is ever unpickled: a pickle can run any code as it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from harness.contract import Checkpoint, CheckpointError
from harness.store.atomic import replacing

if TYPE_CHECKING:
    from harness.contract import Array

STATE, SUM = "twinbench", "sha256"
BRACE_AT = 8
"""Where a safetensors file has its first brace, after the length of its header."""

UNREAD = "a pickle, as torch.save writes it; reading it could run any code, so it is not read"


def write(path: Path, checkpoint: Checkpoint, made_for: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Args:
        path: The file to write or to replace.
        checkpoint: What to write.
        made_for: What it fits, for ``read`` to compare: arm, architecture, optimizer and the like, by name.

    Raises:
        OSError: If it cannot be written; what was there before is there still.
    """
    tensors = {name: np.asarray(array, order="C") for name, array in checkpoint.tensors.items()}
    state = json.dumps({"made_for": made_for, "state": checkpoint.state}, sort_keys=True)
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, {STATE: state, SUM: _sha256(tensors, state)}))


def read(path: Path, made_for: Mapping[str, Any]) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: If it is a pickle, cut short, no checkpoint, changed since it was written, or made for
            something else; the message names the file and the reason.
    """
    if is_pickle(path):
        raise CheckpointError(f"{path}: {UNREAD}")
    try:
        with safe_open(path, framework="numpy") as file:
            told = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    except SafetensorError as error:
        raise CheckpointError(f"{path}: cut short, or no safetensors file: {error}") from None
    if not {STATE, SUM} <= told.keys():
        raise CheckpointError(f"{path}: holds tensors, but no state of a training: no checkpoint of twinbench")
    if _sha256(tensors, told[STATE]) != told[SUM]:
        raise CheckpointError(f"{path}: changed since it was written: its sha256 is another")
    held = json.loads(told[STATE])
    wanted = json.loads(json.dumps(made_for))
    for name in wanted:
        if held["made_for"].get(name) != wanted[name]:
            raise CheckpointError(f"{path}: its {name} is {held['made_for'].get(name)}, not {wanted[name]}")
    return Checkpoint(tensors, held["state"])


def is_pickle(path: Path) -> bool:
    """Return whether a file begins as pickles do since protocol 2, or as the archives that ``torch.save`` puts them in.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(BRACE_AT + 1)
    return start[BRACE_AT:] != b"{" and start[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def _sha256(tensors: Mapping[str, Array], state: str) -> str:
    digest = hashlib.sha256(state.encode())
    for name in sorted(tensors):
        digest.update(f"\n{name} {tensors[name].shape} {tensors[name].dtype.str}\n".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
