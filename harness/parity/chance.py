"""Tests that what was drawn at random has the distribution it is named for; each says where its own comes from.

A test returns −log10 p by a name. What must hold exactly (zeros, orthogonality, the scale of dropout) has p = 0 if it
does not.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from harness.contract import Array

MOST_SURPRISE = 6.0
EXACT = 1e-12
"""Relative error that rounding in float64 may leave where equality is promised."""


def sample(drawn: Array, expected: Any) -> dict[str, float]:
    """Return −log10 p of tests that the elements of tensors (draws, 2, …) are independent draws of ``expected``.

    That is a symmetric distribution of ``scipy.stats``.
    """
    tensors = drawn.reshape(drawn.shape[0] * drawn.shape[1], -1)
    flat, n = tensors.ravel(), tensors.size
    std = expected.std()
    # Means of n independent elements are normal by the central limit theorem: n is at least 120 for a bias, whose
    # elements are bounded, and 46,000 for a weight. The variance of the mean square is (kurtosis − 1) σ⁴ / n.
    kurtosis = float(expected.stats(moments="k")) + 3
    mean = flat.mean() / (std / math.sqrt(n))
    square = (np.mean(flat**2) / std**2 - 1) / math.sqrt((kurtosis - 1) / n)
    # The largest of n independent |x| is below m with probability P(|x| ≤ m)ⁿ: exact, from either side.
    within = 2 * expected.cdf(np.abs(flat).max()) - 1
    all_within = n * math.log(within) if within > 0 else -math.inf
    largest = 2 * min(math.exp(all_within), -math.expm1(all_within))
    # The correlation of two independent normal tensors has a beta distribution; other elements come close to it.
    correlated = [stats.pearsonr(one, other).pvalue for one, other in itertools.pairwise(tensors)]
    return {
        "mean": surprise(two_sided(mean)),
        "variance": surprise(two_sided(square)),
        "largest": surprise(largest),
        "distribution": surprise(stats.kstest(flat, expected.cdf).pvalue),
        "independence": max(surprise(p) for p in correlated),
    }


def orthogonal(drawn: Array) -> dict[str, float]:
    """Return −log10 p of tests that weights (draws, 2, first, …) are uniform among orthogonal matrices.

    Any row or column of n elements of such a matrix is uniform on the sphere, so that (x + 1) / 2 of each of its
    elements has a Beta((n − 1) / 2, (n − 1) / 2) distribution, n the larger side (Muller, 1959). Elements of one matrix
    depend on each other; those at one place of different draws do not.
    """
    matrices = drawn.reshape(drawn.shape[0] * drawn.shape[1], drawn.shape[2], -1)
    _, rows, columns = matrices.shape
    tall = matrices if rows >= columns else matrices.transpose(0, 2, 1)
    off = np.abs(tall.transpose(0, 2, 1) @ tall - np.eye(min(rows, columns))).max()
    half = (max(rows, columns) - 1) / 2
    expected = stats.beta(half, half, loc=-1, scale=2)
    corners = {"first": tall[:, 0, 0], "last": tall[:, -1, -1], "diagonal": tall[:, 1, 1]}
    tests = {place: stats.kstest(found, expected.cdf).pvalue for place, found in corners.items()}
    return {"orthogonality": exactly(off < EXACT), **{place: surprise(p) for place, p in tests.items()}}


def masks(outputs: Array, x: Array, rate: float) -> dict[str, float]:
    """Return −log10 p of tests that outputs (calls, …) are x, of which each element is dropped by itself.

    The number kept of n is binomial (n, 1 − rate). Two independent elements agree, both kept or both dropped, with
    probability rate² + (1 − rate)²; over neighbours along an axis that share no element, the number of agreements is
    binomial too. The axes are calls, samples and features.
    """
    kept = outputs != 0
    scaled = np.broadcast_to(x / (1 - rate), outputs.shape)
    off = np.abs(outputs - scaled)[kept] / scaled[kept]
    found = {
        "scale": exactly(bool((off < EXACT).all())),
        "rate": surprise(stats.binomtest(int(kept.sum()), kept.size, 1 - rate).pvalue),
    }
    for axis in range(kept.ndim):
        length = kept.shape[axis] // 2 * 2
        if length:
            paired = np.moveaxis(kept, axis, 0)[:length]
            agree = paired[::2] == paired[1::2]
            test = stats.binomtest(int(agree.sum()), agree.size, rate**2 + (1 - rate) ** 2)
            found[f"independence along axis {axis}"] = surprise(test.pvalue)
    return found


def two_sided(z: float) -> float:
    """Return the probability that a standard normal number is as far from 0 as z."""
    return float(2 * stats.norm.sf(abs(z)))


def surprise(p: float) -> float:
    """Return −log10 p."""
    return -math.log10(p) if p > 0 else math.inf


def exactly(holds: bool) -> float:
    """Return the surprise at what must hold in every draw."""
    return 0.0 if holds else math.inf
