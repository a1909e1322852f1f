"""Part of gate "randomness": codes that are sampled have the distribution that both halves promise, in every arm.

What is drawn, less its mean and over its deviation, must be independent draws of N(0, 1), in train steps and in
evaluation, repeat itself from the same seed, and be independent of what the next seed draws.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from harness.parity.chance import EXACT, exactly, surprise
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

NOISE = 0.5
CALLS = 4
MOST = 12.0
"""Of log variances, far beyond what a half might hold them within."""

SHAPES: Mapping[str, tuple[int, int]] = {"prediction": (96, 80), "training": (1, 4000)}
"""Of the codes; a train step is read through the gradient of one sample."""


def tests(workers: Workers, arm: str, seed: int) -> dict[str, float]:
    """Return −log10 p of every test, by name; what must hold exactly has p = 0 if it does not."""
    generator = np.random.default_rng([seed, 29])
    found: dict[str, float] = {}
    for phase, shape in SHAPES.items():
        given = {"mean": generator.normal(0, 2, shape), "log_variance": generator.uniform(-MOST, MOST, shape)}
        deviation = NOISE * np.exp(given["log_variance"] / 2)

        def draw(noise: float, seed: int, phase: str = phase, given: Mapping[str, Array] = given) -> Array:
            asked = {"noise": noise, "calls": CALLS, "seed": seed}
            return workers.exercise(arm, "fp64", "sampling", phase, given, **asked)["drawn"]

        drawn = draw(NOISE, seed)
        of_seed, of_next = ((array - given["mean"]) / deviation for array in (drawn, draw(NOISE, seed + 1)))
        surprises = {
            **standard_normal(of_seed),
            "no noise": exactly(bool(np.abs(draw(0.0, seed) - given["mean"]).max() < EXACT)),
            "the same seed": exactly(np.array_equal(draw(NOISE, seed), drawn)),
            "the next seed": unrelated(of_seed, of_next),
        }
        found |= {f"{phase}: {test}": surprise for test, surprise in surprises.items()}
    return found


def standard_normal(drawn: Array) -> dict[str, float]:
    """Return −log10 p of tests that the elements of (calls, samples, features) are independent draws of N(0, 1).

    The sum of the squares of n of them has a χ² distribution of n degrees. Two independent ones are of one sign with
    probability ½: over neighbours along an axis that share no element, the number of those that are is binomial.
    """
    square = stats.chi2(drawn.size)
    total = float(np.sum(drawn**2))
    found = {
        "mean": 2 * stats.norm.sf(abs(drawn.sum()) / math.sqrt(drawn.size)),
        "variance": 2 * min(square.cdf(total), square.sf(total)),
        "distribution": stats.kstest(drawn.ravel(), stats.norm.cdf).pvalue,
    }
    for axis, length in enumerate(drawn.shape):
        if length > 1:
            positive = np.moveaxis(drawn > 0, axis, 0)[: length // 2 * 2]
            agree = positive[::2] == positive[1::2]
            found[f"independence along axis {axis}"] = stats.binomtest(int(agree.sum()), agree.size, 0.5).pvalue
    return {test: surprise(p) for test, p in found.items()}


def unrelated(drawn: Array, other: Array) -> float:
    """Return the largest −log10 p of tests that the calls of two seeds, (calls, …) each, are uncorrelated.

    Every call is compared with every other: the one stream may be where the other has been a call before.
    """
    calls = (array.reshape(len(array), -1) for array in (drawn, other))
    return max(surprise(stats.pearsonr(one, two).pvalue) for one, two in itertools.product(*calls))
