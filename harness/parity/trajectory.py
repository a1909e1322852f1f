"""Gate 10: a hundred steps in float32 stay as near to float64 as summation order lets them."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness import matched
from harness.parity.errors import distance
from harness.parity.pair import Half

if TYPE_CHECKING:
    from harness.contract import Array
    from harness.parity.gates import Finding, Stage

STEPS = 100
SAMPLES = 4
"""In a batch: few, so that few units meet the kink of their activation, and float64 is affordable."""

LEAST, MOST = 3, 16
"""Sets of a hundred batches: more than the least where these leave a doubt."""

BAND = 6.0
"""How many times the reference's distance an arm's may be."""

SILENT = 0.1
"""Of the parameters: a bound beyond it is where the reference's float32 ends anywhere, and says nothing of the arm."""


def trajectory(stage: Stage) -> Iterator[Finding]:
    """The parameters after a hundred calm steps in float32, as near to the reference's in float64 as its own are.

    How far float32 strays is measured, for each pair: the reference's own float32 runs take the samples of every batch
    in another order, and so differ from the others in the order of summation. A sample that puts a unit at the kink of
    its activation, on in one run and off in another, is worth more than most faults; most runs meet none, and those
    agree to two digits on how far rounding alone goes. So the smallest distance of several runs is compared with the
    smallest: a fault is there in every one of them. In a deep network nearly every run meets a kink, and one of the
    reference's may be lucky; so after the last of many sets every run of the arm is compared with every run of the
    reference, and it is red if it is too far off in two comparisons of three.
    """
    if stage.open_single is None:
        return
    single, half = stage.reference_single(), stage.open_single()
    strays: list[float] = []
    figures: list[float] = []
    for draw in range(MOST):
        batches = _batches(stage, draw)
        exact = stage.reference.answer(f"trajectory {draw}", functools.partial(Half.train, batches=batches))
        reordered = functools.partial(Half.train, batches=_reordered(batches, draw))
        strays = sorted([*strays, apart(single.answer(f"trajectory {draw}", reordered), exact)])
        half.load(stage.tensors)
        found = half.train(batches)
        figures = sorted([*figures, apart(found, exact)])
        if draw + 1 >= LEAST and figures[0] <= BAND * strays[0]:
            break
    figure, band = judged(figures, strays)
    stays = figure <= band and math.isfinite(band) and math.isfinite(figures[-1])
    where = None if stays else distance(found, exact, 0).where
    finding = stage.finding("trajectory fp32", distance({}, {}, 0), band)
    yield dataclasses.replace(finding, figure=figure, passed=where is None, where=where, note=silence(band))


def silence(band: float) -> str | None:
    """Return what is to be said of a bound that nothing could exceed."""
    return "says nothing: the reference's own float32 ends a sixth of the bound from float64" if band > SILENT else None


def judged(figures: Sequence[float], strays: Sequence[float]) -> tuple[float, float]:
    """Return how far an arm is off and how far it may be, given its distances and the reference's in rising order."""
    if figures[0] <= BAND * strays[0] or len(strays) < MOST:
        return figures[0], BAND * strays[0]
    middle = float(np.median(strays))
    return float(np.quantile(np.divide.outer(figures, strays), 1 / 3)) * middle, BAND * middle


def apart(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> float:
    """Return the root of the summed squares of all differences, relative to that of all values of ``theirs``."""
    if ours.keys() != theirs.keys():
        return math.inf
    squares = sum(float(np.sum(np.square(ours[name].astype(np.float64) - theirs[name]))) for name in theirs)
    found = math.sqrt(squares / sum(float(np.sum(np.square(tensor))) for tensor in theirs.values()))
    return found if math.isfinite(found) else math.inf


def _batches(stage: Stage, draw: int) -> dict[str, Array]:
    x = matched.as_input(stage.dataset.x_train, stage.workload.form)
    generator = np.random.default_rng([13, draw])
    chosen = np.stack([generator.choice(len(x), SAMPLES, replace=False) for _ in range(STEPS)])
    return {"x": x[chosen], "y": matched.as_target(stage.dataset.y_train, stage.workload)[chosen]}


def _reordered(batches: Mapping[str, Array], draw: int) -> dict[str, Array]:
    places = np.random.default_rng([17, draw]).permutation(SAMPLES)
    return {name: array[:, places] for name, array in batches.items()}
