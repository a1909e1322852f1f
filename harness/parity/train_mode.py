"""Gate 6: what training mode does to buffers, the running statistics of batch norm."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness import matched
from harness.parity.errors import distance

if TYPE_CHECKING:
    from harness.contract import Array
    from harness.parity.gates import Finding, Stage
    from harness.parity.pair import Half

TRAIN_MODE_FP64 = 1e-8
"""Healthy halves come to 2e-13 (``docs/proving.md``)."""

SAMPLES = 7
"""In a batch: few, because what tells a biased variance from an unbiased one is n/(n − 1); as many as in ``backward``,
so that what a framework has compiled for a shape serves twice."""

BATCHES = 10


def train_mode(stage: Stage) -> Iterator[Finding]:
    """Buffers after one and after ten batches in training mode, and with them the outputs in evaluation; float64.

    From the loaded noise, and with no step of the optimizer between batches: a gate of its own tells that.
    """
    buffers = [name for name, spec in stage.reference.specs.items() if spec.buffer]
    if not buffers:
        yield dataclasses.replace(stage.tally("train_mode fp64", []), note="no buffers")
        return
    batches = matched.stage_batches(stage.dataset, stage.workload, SAMPLES)[:BATCHES]

    def trained(half: Half) -> dict[str, Array]:
        return _trained(half, batches, buffers, stage.x)

    expected, found = stage.reference.answer("train_mode", trained), trained(stage.exact)
    yield stage.finding("train_mode fp64", distance(found, expected, TRAIN_MODE_FP64), TRAIN_MODE_FP64)


def _trained(half: Half, batches: Sequence[tuple[Array, Array]], buffers: Sequence[str], x: Array) -> dict[str, Array]:
    seen: dict[str, Array] = {}
    for number, (batch, targets) in enumerate(batches, start=1):
        half.probe("gradients", x=batch, y=targets)
        if number in (1, BATCHES):
            tensors = half.probe("dump")
            state = {name: tensors[name] for name in buffers} | half.probe("taps", x=x)
            seen |= {f"{name} after {number}": array for name, array in state.items()}
    return seen
