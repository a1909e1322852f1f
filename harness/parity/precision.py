"""Gate "precision": small and large gradients in float32, bfloat16 and float16, with and without dynamic loss scaling.

A parameter descends on the mean of its products with given factors. Products are taken in the type, the parameter is
kept in float32, as in mixed precision; float16 holds the factors and scales are powers of 2, so that nothing is
rounded but what is lost, and arms must agree to float32's rounding, bfloat16 too. Factors are
small enough for float16 to lose their gradients, which are a 16th of them, or so large that a scaled one overflows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

DESCENDED, EXACTLY = 1e-6, 0.0
SIZE, STEPS = 16, 12
RATE = 2.0**10
SCALING = {"initial": 2.0**12, "growth_steps": 3}


@dataclass(frozen=True)
class Case:
    """One type, with or without scaling, on small or on large factors."""

    title: str
    dtype: str
    factors: str
    scaling: Mapping[str, Any] = field(default_factory=dict)


CASES = (
    Case("float32", "float32", "small"),
    Case("bfloat16", "bfloat16", "small"),
    Case("float16", "float16", "small"),
    Case("float16, scaled", "float16", "small", SCALING),
    Case("float16, scaled, overflowing", "float16", "large", SCALING),
)
TRUTH, LOST, SAVED = CASES[0].title, CASES[2].title, CASES[3].title


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare every arm's descents, scales and steps left out with the reference's; then what scaling saves."""
    given = factors(np.random.default_rng([seed, 31]))
    for arm in arms:
        if registry.find_arm(arm).witness:
            continue
        found: dict[str, dict[str, Array]] = {}
        for case in CASES:
            ask = (given[case.factors], {"dtype": case.dtype, "rate": RATE, **case.scaling})
            expected = _descend(workers, workers.reference, *ask)
            found[case.title] = _descend(workers, arm, *ask)
            for name, bound in (("parameter", DESCENDED), ("scale", EXACTLY), ("left out", EXACTLY)):
                if name in expected:
                    yield _finding(f"precision · {case.title}", arm, found[case.title], {name: expected[name]}, bound)
        yield from _underflow(arm, {title: descent["parameter"] for title, descent in found.items()})


def _underflow(arm: str, parameters: Mapping[str, Array]) -> Iterator[Finding]:
    """Yield that float16 alone moves nothing where float32 moves all, and that scaled it moves as float32 does."""
    still = "a parameter that float16 moves" if parameters[LOST].any() else None
    still = still or (None if parameters[TRUTH][-1].all() else "a parameter that float32 does not move")
    yield Finding("precision · underflow", arm, "precision lost", still is None, where=still)
    saved, truth = {"parameter": parameters[SAVED]}, {"parameter": parameters[TRUTH]}
    yield _finding("precision · underflow", arm, saved, truth, DESCENDED, "precision saved")


def _descend(workers: Workers, arm: str, arrays: Mapping[str, Array], asked: Mapping[str, Any]) -> dict[str, Array]:
    return workers.exercise(arm, "fp32", "precision", "descend", arrays, **asked)


def _finding(
    what: str,
    arm: str,
    found: Mapping[str, Array],
    expected: Mapping[str, Array],
    bound: float,
    gate: str = "precision",
) -> Finding:
    apart = distance({name: found[name] for name in expected if name in found}, expected, bound)
    return Finding(what, arm, gate, apart.first is None, apart.error, bound, apart.first)


def factors(generator: np.random.Generator) -> dict[str, dict[str, Array]]:
    """Return what each kind of descent is given: factors that float16 holds, and a parameter to begin with.

    Small ones are 2 to 7 times float16's least number, 2⁻²⁴: a 16th of them is less than half of it, which is 0.
    Large ones are near 1, but those of some steps, which a scale of 2¹² takes beyond float16's largest number; the
    scale falls in those steps and rises again.
    """
    small = generator.integers(2, 8, (STEPS, SIZE)) * 2.0**-24 * generator.choice([-1, 1], SIZE)
    large = generator.uniform(0.5, 2, (STEPS, SIZE))
    large[[1, 5, 6], generator.integers(0, SIZE, 3)] = [400.0, 6e4, 6e4]
    given = {"small": small, "large": large}
    held = {kind: array.astype(np.float16).astype(np.float32) for kind, array in given.items()}
    zeros = np.zeros(SIZE, np.float32)  # float32 adds small steps to 0 without loss
    return {kind: {"parameter": zeros, "factors": array} for kind, array in held.items()}
