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

ATTEMPTS = 3
"""Sets of batches of which one must stay inside. Rounding alone may turn a unit on, at the kink of its activation, that
is off in all of the reference's runs: LeNet strayed so at one of twenty seeds, on two arms. A fault strays always."""

BAND = 6.0
"""How many times the median of those runs an arm may be away: they are few, and one of them may have met a kink."""


def trajectory(stage: Stage) -> Iterator[Finding]:
    """The parameters after a hundred steps in float32, as far from the reference's in float64 as its own are.

    How far float32 may stray is measured, for each pair: the reference's own float32 runs differ from each other only
    in the order of the samples in a batch, hence of summation. What strays farther is tried again on other batches.
    """
    if stage.open_single is None:
        return
    half = stage.open_single()
    strayed: list[Finding] = []
    for attempt in range(ATTEMPTS):
        finding = _walk(stage, half, attempt)
        if finding.passed:
            note = f"strayed on {len(strayed)} of {ATTEMPTS} sets of batches" if strayed else None
            yield dataclasses.replace(finding, note=note)
            return
        strayed.append(finding)
    yield strayed[0]


def _walk(stage: Stage, half: Half, attempt: int) -> Finding:
    batches = _batches(stage, attempt)
    exact = stage.reference_full().answer(f"trajectory {attempt}", lambda reference: reference.train(batches))
    single, strays = stage.reference_single(), []
    for order in range(ORDERS):
        reordered = _reordered(batches, order)
        question = f"trajectory {attempt}, order {order}"
        found = single.answer(question, functools.partial(Half.train, batches=reordered))
        strays.append(apart(found, exact))
    band = BAND * statistics.median(strays)
    half.load(stage.tensors)
    found = half.train(batches)
    figure = apart(found, exact)
    where = None if figure <= band else distance(found, exact, 0).where
    finding = stage.finding("trajectory fp32", distance({}, {}, 0), band)
    return dataclasses.replace(finding, figure=figure, passed=where is None, where=where)


def apart(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> float:
    """Return the root of the summed squares of all differences, relative to that of all values of ``theirs``."""
    if ours.keys() != theirs.keys():
        return math.inf
    squares = sum(float(np.sum(np.square(ours[name].astype(np.float64) - theirs[name]))) for name in theirs)
    found = math.sqrt(squares / sum(float(np.sum(np.square(tensor))) for tensor in theirs.values()))
    return found if math.isfinite(found) else math.inf


def _batches(stage: Stage, attempt: int) -> dict[str, Array]:
    x = matched.as_input(stage.dataset.x_train, stage.workload.form)
    generator = np.random.default_rng([13, attempt])
    chosen = np.stack([generator.choice(len(x), SAMPLES, replace=False) for _ in range(STEPS)])
    return {"x": x[chosen], "y": matched.as_target(stage.dataset.y_train, stage.workload)[chosen]}


def _reordered(batches: Mapping[str, Array], order: int) -> dict[str, Array]:
    places = np.random.default_rng([17, order]).permutation(SAMPLES)
    return {name: array[:, places] for name, array in batches.items()}
