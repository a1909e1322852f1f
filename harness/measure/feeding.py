"""How fast batches come, with training and without it, beside arrays in memory: in turns, in one process."""

from __future__ import annotations

import math
import os
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.contract import Feeding
from harness.measure.evidence import Snapshot, foreign, is_contended, pressure

if TYPE_CHECKING:
    from harness.contract import Array

BLOCK_S = 0.1
"""A block has as many passes over the samples as it takes to last so long, by the round that is not counted."""

HEADROOM = 1.25
"""Blocks are made this much longer: a pass may be faster later than in that round."""

MOST_PASSES = 500


@dataclass(frozen=True)
class Rates:
    """Samples a second of a pipeline alone and of epochs that train on it, and both beside those from memory.

    Attributes:
        pipeline: Median over the rounds.
        epoch: Likewise.
        pipeline_ratio: Median of what each round says.
        epoch_ratio: Likewise.
        contended: Share of the blocks from which others took cores.
    """

    pipeline: float
    epoch: float
    pipeline_ratio: float
    epoch_ratio: float
    contended: float


def rates(loaded: Feeding, plain: Feeding, x: Array, y: Array, orders: Sequence[Array], batch_size: int) -> Rates:
    """Measure a session beside another of the same workload that takes its batches from memory; both are trained on.

    A round has a block of each kind, in random order.

    Args:
        loaded: Whose pipeline is measured.
        plain: What it is compared with.
        x: All samples, canonical.
        y: Their targets.
        orders: Of the samples, one for each round. The first round is not counted: it runs each kind once, with all
            that is traced and compiled for it, and sizes the blocks by a second pass.
        batch_size: Samples to a batch.
    """
    kinds = _kinds(loaded, plain, x, y, batch_size)
    passes = dict.fromkeys(kinds, 1)
    found: dict[str, list[float]] = {name: [] for name in kinds}
    contended: list[bool] = []
    turns = random.Random(0)
    for number, order in enumerate(orders):
        for name in turns.sample(sorted(kinds), len(kinds)):
            if number == 0:
                kinds[name]([order])
            seconds, disturbed = _block(kinds[name], [order] * passes[name])
            if number == 0:
                passes[name] = min(max(1, math.ceil(HEADROOM * BLOCK_S / seconds)), MOST_PASSES)
            else:
                found[name].append(passes[name] * len(x) / seconds)
                contended.append(disturbed)
    ratios = {
        name: statistics.median(own / plain for own, plain in zip(found[name], found[f"plain {name}"], strict=True))
        for name in ("pipeline", "epoch")
    }
    own = {name: statistics.median(found[name]) for name in ("pipeline", "epoch")}
    return Rates(own["pipeline"], own["epoch"], ratios["pipeline"], ratios["epoch"], statistics.mean(contended))


def _kinds(
    loaded: Feeding, plain: Feeding, x: Array, y: Array, batch_size: int
) -> Mapping[str, Callable[[Sequence[Array]], object]]:
    """Return what is timed, by name, each a function of the orders to go through."""
    return {
        "pipeline": lambda orders: loaded.feed(x, y, orders, batch_size),
        "epoch": lambda orders: loaded.fit(x, y, orders, batch_size),
        "plain pipeline": lambda orders: plain.feed(x, y, orders, batch_size),
        "plain epoch": lambda orders: plain.fit(x, y, orders, batch_size),
    }


def _block(run: Callable[[Sequence[Array]], object], orders: Sequence[Array]) -> tuple[float, bool]:
    """Return the seconds that a block takes, and whether others took cores from it."""
    before = Snapshot.now()
    began = time.perf_counter_ns()
    run(orders)
    ended = time.perf_counter_ns()
    after = Snapshot.now()
    told = {"pressure": pressure(before, after), "foreign": foreign(before, after)}
    return (ended - began) / 1e9, is_contended(told, os.cpu_count() or 1)
