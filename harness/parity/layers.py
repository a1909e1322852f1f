"""Gate "layer": layers that hold no tensors, and penalties on tensors, by themselves: output or value, and gradient.

An L2 penalty is also trained with, beside twice as large a weight decay: both must be the reference's decay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

VALUE, GRADIENT, DECAYED = 1e-10, 1e-8, 1e-10
DECAY = {"steps": 20, "l2": 0.05}


@dataclass(frozen=True)
class Case:
    """One layer or penalty with its arguments; ``side`` is the map's."""

    title: str
    function: str
    arguments: Mapping[str, Any]
    side: int = 0


def _pool(kind: str, size: int, stride: int, padding: int, side: int) -> Case:
    title = f"{kind} pooling · {size}×{size}, stride {stride}, padding {padding}, on {side}×{side}"
    return Case(title, "pool", {"kind": kind, "size": size, "stride": stride, "padding": padding}, side)


ACTIVATIONS = (
    "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid", "softmax", "snake", "sign",
)  # fmt: skip

CASES = (
    *(_pool(kind, 3, 2, 1, side) for kind in ("average", "max") for side in (8, 9)),
    _pool("average", 2, 2, 0, 8),
    _pool("max", 2, 2, 0, 9),
    Case("custom: with a state", "custom", {"function": "centred"}),
    Case("custom: with a gradient", "custom", {"function": "straight_through"}),
    *(Case(f"activation {name}", "activation", {"name": name}) for name in ACTIVATIONS),
    Case("penalty L1", "penalty", {"l1": 0.3, "l2": 0.0}),
    Case("penalty L2", "penalty", {"l1": 0.0, "l2": 0.3}),
    Case("penalty elastic", "penalty", {"l1": 0.2, "l2": 0.07}),
)


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare every arm's layers with the reference's, in float64, and yield each finding."""
    for index, case in enumerate(CASES):
        arrays = hand_made(case, np.random.default_rng([seed, 23, index]))
        expected = workers.exercise(workers.reference, "fp64", "layers", case.function, arrays, **case.arguments)
        for arm in arms:
            if registry.find_arm(arm).witness:
                continue
            found = workers.exercise(arm, "fp64", "layers", case.function, arrays, **case.arguments)
            for name in expected:
                bound = GRADIENT if name == "gradient" else VALUE
                apart = distance({name: found[name]} if name in found else {}, {name: expected[name]}, bound)
                yield Finding(
                    f"layer {case.title}", arm, f"layer {name}", apart.first is None, apart.error, bound, apart.first
                )
    arrays = regression(np.random.default_rng([seed, 29]))
    decayed = workers.exercise(workers.reference, "fp64", "layers", "decay", arrays, **DECAY)["decayed"]
    for arm in arms:
        if registry.find_arm(arm).witness:
            continue
        found = workers.exercise(arm, "fp64", "layers", "decay", arrays, **DECAY)
        apart = distance(found, dict.fromkeys(("penalized", "decayed"), decayed), DECAYED)
        yield Finding("L2 is decay", arm, "layer decay", apart.first is None, apart.error, DECAYED, apart.first)


def regression(generator: np.random.Generator) -> dict[str, Array]:
    """Return samples ``x``, targets ``y`` and a ``weight`` to begin with, far from the answer."""
    x, truth = generator.normal(size=(16, 5)), generator.normal(size=(3, 5))
    return {"x": x, "y": x @ truth.T, "weight": generator.normal(size=(3, 5))}


def hand_made(case: Case, generator: np.random.Generator) -> dict[str, Array]:
    """Return a map whose largest values lie below 0, where padding with 0 would win, or a weight that holds zeros.

    For an activation: outputs of a layer from −12 to 12, most of them near 0.
    """
    if case.function == "activation":
        x = np.concatenate([generator.normal(size=(6, 9)), generator.uniform(-12, 12, (4, 9))])
        return {"x": x, "weights": generator.normal(size=x.shape)}
    if case.function == "penalty":
        weight = generator.normal(size=(5, 7))
        weight[2] = 0.0  # where the absolute value has no derivative
        return {"weight": weight}
    if case.function == "custom":
        return {"x": generator.normal(1, 1, (6, 5)), "weights": generator.normal(size=(6, 5))}
    arguments = case.arguments
    outputs = (case.side + 2 * arguments["padding"] - arguments["size"]) // arguments["stride"] + 1
    x = generator.normal(-3, 1, (3, 4, case.side, case.side))
    return {"x": x, "weights": generator.normal(size=(3, 4, outputs, outputs))}
