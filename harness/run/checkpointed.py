"""Training that leaves checkpoints behind, and may be broken off and resumed from the last of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import matched
from harness.contract import Checkpointing, Resumable, Workload
from harness.metrics import of_samples
from harness.store import checkpoints

if TYPE_CHECKING:
    from harness.contract import Array


def made_for(workload: Workload, arm: str) -> dict[str, Any]:
    """Return what a checkpoint must agree about with whoever resumes from it."""
    told = dataclasses.asdict(workload)
    names = ("architecture", "optimizer", "schedule", "regularizer", "loss", "batch_size", "accumulation")
    return {"arm": arm} | {name: told[name] for name in names}


def train(
    session: Resumable,
    another: Callable[[], Resumable],
    workload: Workload,
    arm: str,
    data: tuple[Array, Array],
    held: tuple[Array, Array],
    orders: Sequence[Array],
    batch_size: int,
    seed: int,
    folder: Path,
) -> tuple[Resumable, list[float]]:
    """Train an epoch for each order, write checkpoints, break off and resume as the workload says.

    Args:
        session: Loaded with the initial parameters.
        another: Opens a further session, to resume in.
        workload: With ``checkpointing``.
        arm: Whose session it is.
        data: Samples and their targets, canonical.
        held: Samples that are not trained on, and their targets, which tell the best epoch.
        orders: Of the samples, one for each epoch.
        batch_size: Samples to a step.
        seed: Of augmentation.
        folder: Where to write.

    Returns:
        The session that ended, with the parameters of the checkpoint that was to be kept, and each epoch's loss.
    """
    asked: Checkpointing = workload.checkpointing  # type: ignore[assignment]
    draws: Mapping[str, Any] = matched.draws(workload, seed)
    fits = made_for(workload, arm)
    path = folder / "checkpoint.safetensors"
    losses: list[float] = []
    best, broken_off = math.inf, False
    while len(losses) < len(orders):
        losses += session.fit(*data, [orders[len(losses)]], batch_size, **draws)
        if len(losses) % asked.every == 0:
            value = _held_out_loss(session, workload, held) if asked.keep == "best" else -math.inf
            if value < best:
                checkpoints.write(path, session.checkpoint(), fits)
                best = value if asked.keep == "best" else best
        if len(losses) == asked.interrupted_after and not broken_off:
            broken_off, session = True, another()
            losses = losses[: session.resume(checkpoints.read(path, fits))]
    if asked.keep == "best":
        session.resume(checkpoints.read(path, fits))
    return session, losses


def _held_out_loss(session: Resumable, workload: Workload, held: tuple[Array, Array]) -> float:
    return of_samples(session, workload, *held)[1]
