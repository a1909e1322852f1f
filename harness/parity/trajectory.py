"""Gate 10: a hundred steps in float32 stay as near to float64 as summation order lets them."""

from __future__ import annotations

import dataclasses
import functools
import math
import statistics
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness import matched
from harness.parity.errors import distance
from harness.parity.pair import Half

if TYPE_CHECKING:
    from harness.contract import Array
    from harness.parity.gates import Finding, Stage

STEPS = 100
SAMPLES = 16
"""In a batch: few, so that the large models take seconds."""

ORDERS = 5
"""Orders of summation that the band is measured from: the samples of each batch, permuted, have the same mean loss."""

BAND = 6.0
"""How many times the median of those runs an arm may be away: they are few, and one of them may have met a kink."""


def trajectory(stage: Stage) -> Iterator[Finding]:
    """The parameters after a hundred calm steps in float32, as far from the reference's in float64 as its own are.

    How far float32 may stray is measured, for each pair: the reference's own float32 runs differ from each other only
    in the order of the samples in a batch, hence of summation. At the workload's own learning rate a unit at the kink
    of its activation, on in one run and off in another, would be worth more than most faults.
    """
    if stage.open_single is None:
        return
    batches = _batches(stage)
    exact = stage.reference.answer("trajectory", lambda reference: reference.train(batches))
    single, strays = stage.reference_single(), []
    for order in range(ORDERS):
        reordered = _reordered(batches, order)
        found = single.answer(f"trajectory {order}", functools.partial(Half.train, batches=reordered))
        strays.append(apart(found, exact))
    band = BAND * statistics.median(strays)
    half = stage.open_single()
    half.load(stage.tensors)
    found = half.train(batches)
    figure = apart(found, exact)
    stays = figure <= band and math.isfinite(band)
    where = None if stays else distance(found, exact, 0).where
    finding = stage.finding("trajectory fp32", distance({}, {}, 0), band)
    yield dataclasses.replace(finding, figure=figure, passed=where is None, where=where)


def apart(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> float:
    """Return the root of the summed squares of all differences, relative to that of all values of ``theirs``."""
    if ours.keys() != theirs.keys():
        return math.inf
    squares = sum(float(np.sum(np.square(ours[name].astype(np.float64) - theirs[name]))) for name in theirs)
    found = math.sqrt(squares / sum(float(np.sum(np.square(tensor))) for tensor in theirs.values()))
    return found if math.isfinite(found) else math.inf


def _batches(stage: Stage) -> dict[str, Array]:
    x = matched.as_input(stage.dataset.x_train, stage.workload.form)
    generator = np.random.default_rng(13)
    chosen = np.stack([generator.choice(len(x), SAMPLES, replace=False) for _ in range(STEPS)])
    return {"x": x[chosen], "y": matched.as_target(stage.dataset.y_train, stage.workload)[chosen]}


def _reordered(batches: Mapping[str, Array], order: int) -> dict[str, Array]:
    places = np.random.default_rng([17, order]).permutation(SAMPLES)
    return {name: array[:, places] for name, array in batches.items()}
