"""Gate 6 on differentiation: gradients are the slope of the very loss that was drawn, by finite differences.

No other half is asked, so that it holds the reference too. It tells what a comparison of means cannot: a mask of
dropout that the gradient has and the loss has not, as where a layer is computed once more and draws anew.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.contract import CHOSEN_GRADIENTS
from harness.parity.errors import Distance, with_next
from harness.parity.pair import has_chance, with_chance

if TYPE_CHECKING:
    from harness.contract import Array
    from harness.parity.gates import Finding, Stage

STEPS = (1e-6, 1e-7, 1e-8)
"""By what share of itself the loss is to move along its gradient. Where the first says that a gradient is wrong, the
next is tried at a place nearby: a unit may have its kink between the two points, and no gradient is right on both sides
of it. Float64 leaves nine to seven digits of so small a change."""

NEARBY = 1e-3
"""How far that is: noise of so much of every number."""

SLOPE_FP64 = 1e-6
"""Relative. Healthy halves come to what ``docs/proving.md`` says; a mask that is drawn anew to .04 and more."""

FAINT = 1e-3
"""Of the largest gradient's norm: what is below is not looked at by itself."""


def slope(stage: Stage) -> Iterator[Finding]:
    """How the loss moves along its own gradient, dropout at .5 and a sampled code included, each time from one seed."""
    if set(CHOSEN_GRADIENTS) & {one for one in stage.workload.architecture.arguments.values() if isinstance(one, str)}:
        yield dataclasses.replace(stage.tally("slope", []), note="the gradient of its activation is chosen, no slope")
        return
    half = stage.exact
    if has_chance(stage.workload):
        _, half = stage.open_pair(with_chance(stage.workload), "fp64")
    batch = {"x": stage.x, "y": stage.y}

    def at(tensors: Mapping[str, Array]) -> dict[str, Array]:
        half.load(tensors)
        return half.probe("gradients", **batch)

    @functools.cache
    def place(number: int) -> tuple[Mapping[str, Array], dict[str, Array]]:
        """Return the tensors of a place, and the loss and the gradients there."""
        tensors = nearby(stage.tensors, number) if number else stage.tensors
        return tensors, at(tensors)

    def error(names: Collection[str]) -> float:
        """Return by what share of it the loss moves otherwise than the gradient of these tensors says.

        Where that is zero, as of a loss of samples that are all told apart, it is to stay where it is.
        """
        least = math.inf
        for number, share in enumerate(STEPS):
            tensors, here = place(number)
            squared = sum(float(np.sum(np.square(here[name]))) for name in names)
            along = here if squared else tensors
            step = share * (abs(float(here["loss"])) or 1.0) / squared if squared else share
            moved = [{name: tensors[name] + way * step * along[name] for name in names} for way in (1, -1)]
            ahead, behind = (float(at({**tensors, **changed})["loss"]) for changed in moved)
            least = min(least, abs((ahead - behind) / (2 * step) - squared) / (squared or 1.0))
            if least <= SLOPE_FP64:
                break
        return least

    trained = stage.called(name for name in stage.tensors if name in place(0)[1])
    found = Distance(error(trained), "all", None)
    if not found.error <= SLOPE_FP64:
        norms = {name: float(np.linalg.norm(place(0)[1][name])) for name in trained}
        felt = [name for name, norm in norms.items() if norm > FAINT * max(norms.values())]
        wrong = next((name for name in reversed(felt) if not error([name]) <= SLOPE_FP64), None)
        found = dataclasses.replace(found, first=with_next(wrong, felt) if wrong else "all")
    yield stage.finding("slope fp64", found, SLOPE_FP64)


def nearby(tensors: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Return tensors with a little noise on every number."""
    draw = np.random.default_rng([23, seed])
    return {name: tensor * (1 + NEARBY * draw.standard_normal(tensor.shape)) for name, tensor in tensors.items()}
