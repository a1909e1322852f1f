"""Checkpoints: all that training needs to go on as if it had never stopped, as plain tensors and JSON.

PyTorch's own way is to ``torch.save`` a ``state_dict``, which is a pickle; but tensors, numbers and words are all that
there is in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from harness.contract import Checkpoint, CheckpointError

if TYPE_CHECKING:
    from harness.contract import Array

PARAMETERS, SLOTS, RANDOM = "parameters/", "slots/", "random/"


def capture(parameters: Mapping[str, Array], optimizer: torch.optim.Optimizer, schedule: Any, epoch: int) -> Checkpoint:
    """Return a checkpoint.

    Args:
        parameters: By canonical name, buffers included.
        optimizer: Its slots are kept by the number of their parameter, as in its ``state_dict``.
        schedule: Of ``torch.optim.lr_scheduler``; None for none.
        epoch: Epochs trained so far: where in the order of the data it stands.
    """
    held = optimizer.state_dict()
    slots = {
        f"{SLOTS}{number}/{slot}": value.cpu().numpy().copy()
        for number, of_parameter in held["state"].items()
        for slot, value in of_parameter.items()
        if value is not None  # SGD without momentum
    }
    tensors = {f"{PARAMETERS}{name}": array for name, array in parameters.items()}
    return Checkpoint(
        {**tensors, **slots, **{f"{RANDOM}{name}": state.numpy() for name, state in _random_states().items()}},
        {
            "optimizer": type(optimizer).__name__,
            "groups": held["param_groups"],
            "schedule": schedule.state_dict() if schedule else None,
            "epoch": epoch,
        },
    )


def parameters(checkpoint: Checkpoint) -> dict[str, Array]:
    """Return the parameters in a checkpoint, by canonical name."""
    return _within(checkpoint, PARAMETERS)


def restore(checkpoint: Checkpoint, optimizer: torch.optim.Optimizer, schedule: Any) -> int:
    """Bring optimizer, schedule and random numbers to where they were, and return the epochs trained.

    Raises:
        CheckpointError: If it is of another optimizer or schedule.
    """
    state = checkpoint.state
    if state["optimizer"] != (own := type(optimizer).__name__):
        raise CheckpointError(f"its optimizer is {state['optimizer']}, not {own}")
    if (state["schedule"] is None) != (schedule is None):
        raise CheckpointError("its learning rate follows a schedule" if schedule is None else "it has no schedule")
    slots: dict[int, dict[str, torch.Tensor]] = {}
    for name, array in _within(checkpoint, SLOTS).items():
        number, _, slot = name.partition("/")
        slots.setdefault(int(number), {})[slot] = torch.from_numpy(array.copy())
    optimizer.load_state_dict({"state": slots, "param_groups": state["groups"]})
    if schedule is not None:
        schedule.load_state_dict(state["schedule"])
    held = _within(checkpoint, RANDOM)
    torch.set_rng_state(torch.from_numpy(held["torch"].copy()))
    if "cuda" in held:
        torch.cuda.set_rng_state(torch.from_numpy(held["cuda"].copy()))
    return int(state["epoch"])


def _random_states() -> dict[str, torch.Tensor]:
    """Return where random numbers stand: the CPU's, and the GPU's where there is one to draw on."""
    on_gpu = {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {}
    return {"torch": torch.get_rng_state()} | on_gpu


def _within(checkpoint: Checkpoint, start: str) -> dict[str, Array]:
    return {name.removeprefix(start): array for name, array in checkpoint.tensors.items() if name.startswith(start)}
