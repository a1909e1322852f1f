"""Checkpoints: all that training needs to go on as if it had never stopped, as plain tensors and JSON.

Keras' own ``ModelCheckpoint`` keeps the model and its optimizer, but neither where the random numbers of the layers
stand, on the torch backend, nor what a callback such as a plateau's has counted.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import keras

from harness.contract import Checkpoint, CheckpointError

if TYPE_CHECKING:
    from harness.contract import Array

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")

PARAMETERS, SLOTS, RANDOM = "parameters/", "slots/", "random/"
COUNTED = ("best", "wait", "cooldown_counter")
"""What the callback of a plateau remembers."""


def capture(
    parameters: Mapping[str, Array],
    optimizer: keras.Optimizer,
    random_states: Sequence[keras.Variable],
    plateau: keras.callbacks.Callback | None,
    epoch: int,
) -> Checkpoint:
    """Return a checkpoint.

    Args:
        parameters: By canonical name, running statistics included.
        optimizer: All its variables are kept, by number: slots, step and learning rate, which place any schedule.
        random_states: Of the layers that draw, such as dropout.
        plateau: What changes the learning rate by epoch; None for nothing.
        epoch: Epochs trained so far: where in the order of the data it stands.
    """
    tensors = {f"{PARAMETERS}{name}": array for name, array in parameters.items()}
    slots = {f"{SLOTS}{number}": variable.numpy() for number, variable in enumerate(optimizer.variables)}
    drawn = {f"{RANDOM}{number}": state.numpy() for number, state in enumerate(random_states)}
    drawn |= {f"{RANDOM}{name}": array for name, array in backend.random_state().items()}
    return Checkpoint(
        {**tensors, **slots, **drawn},
        {
            "optimizer": type(optimizer).__name__,
            "schedule": {name: getattr(plateau, name) for name in COUNTED} if plateau else None,
            "epoch": epoch,
        },
    )


def parameters(checkpoint: Checkpoint) -> dict[str, Array]:
    """Return the parameters in a checkpoint, by canonical name."""
    return _within(checkpoint, PARAMETERS)


def restore(
    checkpoint: Checkpoint,
    optimizer: keras.Optimizer,
    random_states: Sequence[keras.Variable],
    plateau: keras.callbacks.Callback | None,
) -> int:
    """Bring optimizer, schedule and random numbers to where they were, and return the epochs trained.

    Raises:
        CheckpointError: If it is of another optimizer or schedule.
    """
    state = checkpoint.state
    if state["optimizer"] != (own := type(optimizer).__name__):
        raise CheckpointError(f"its optimizer is {state['optimizer']}, not {own}")
    if (state["schedule"] is None) != (plateau is None):
        raise CheckpointError("its learning rate follows a plateau" if plateau is None else "it has no plateau")
    slots, drawn = _within(checkpoint, SLOTS), _within(checkpoint, RANDOM)
    if len(slots) != len(optimizer.variables):
        raise CheckpointError(f"its optimizer has {len(slots)} variables, not {len(optimizer.variables)}")
    for number, variable in enumerate(optimizer.variables):
        variable.assign(slots[str(number)])
    for number, random_state in enumerate(random_states):
        random_state.assign(drawn.pop(str(number)))
    backend.restore_random_state(drawn)
    for name, value in (state["schedule"] or {}).items():
        setattr(plateau, name, value)
    return int(state["epoch"])


def _within(checkpoint: Checkpoint, start: str) -> dict[str, Array]:
    return {name.removeprefix(start): array for name, array in checkpoint.tensors.items() if name.startswith(start)}
