"""Gate "randomness": what is drawn at random has the distribution that both halves promise, in every arm by itself.

The figure of a finding is the largest −log10 p over its tests, and its bound 6: a healthy arm exceeds it in one draw of
a million per test, and seeds are fixed, so that one which passes keeps passing. Each test says beside it where its
distribution comes from. What must hold exactly (zeros, orthogonality, the scale of dropout) has p = 0 if it does not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from harness import registry
from harness.parity import sampling
from harness.parity.gates import Finding
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

MOST_SURPRISE = 6.0
EXACT = 1e-12
"""Relative error that rounding in float64 may leave where equality is promised."""

DRAWS = 4
"""Seeds per initializer and layer; each gives two tensors of about 6,000 elements."""

LAYERS: Mapping[str, tuple[int, ...]] = {
    "dense": (48, 128),
    "conv": (48, 15, 3, 3),
    "depthwise": (48, 1, 11, 11),
    "transposed": (48, 15, 3, 3),
}
"""Canonical shapes of weights. fan_in and fan_out differ in each; JAX compiles a draw for every other shape (1 s)."""

ORTHOGONAL: Mapping[str, tuple[int, ...]] = {"dense": (8, 6), "conv": (8, 3, 2, 2), "depthwise": (8, 1, 3, 3)}
ORTHOGONAL_DRAWS = 40
RATES = (0.1, 0.5, 0.8)
CALLS, STEPS = 4, 4
_TRUNCATED = stats.truncnorm(-2, 2)


def _uniform(variance: float) -> Any:
    bound = math.sqrt(3 * variance)
    return stats.uniform(-bound, 2 * bound)


def _normal(variance: float) -> Any:
    return stats.norm(0, math.sqrt(variance))


def _truncated(variance: float) -> Any:
    return stats.truncnorm(-2, 2, scale=math.sqrt(variance) / _TRUNCATED.std())


EXPECTED: Mapping[str, Callable[[int, int], Any]] = {
    "normal": lambda _, __: _normal(1),
    "xavier_uniform": lambda fan_in, fan_out: _uniform(2 / (fan_in + fan_out)),
    "xavier_normal": lambda fan_in, fan_out: _normal(2 / (fan_in + fan_out)),
    "he_uniform": lambda fan_in, _: _uniform(2 / fan_in),
    "he_normal": lambda fan_in, _: _normal(2 / fan_in),
    "he_truncated_normal": lambda fan_in, _: _truncated(2 / fan_in),
    "lecun_uniform": lambda fan_in, _: _uniform(1 / fan_in),
    "lecun_normal": lambda fan_in, _: _normal(1 / fan_in),
    "lecun_truncated_normal": lambda fan_in, _: _truncated(1 / fan_in),
    "torch_default": lambda fan_in, _: _uniform(1 / (3 * fan_in)),
}
"""The distribution of an element by fan_in and fan_out."""


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Test every arm's initializers, dropout and sampling, and yield each finding. A witness has none of them."""
    for arm in arms:
        if not registry.find_arm(arm).witness:
            yield from _initializers(workers, arm, seed)
            yield from _dropout(workers, arm, seed)
            yield _finding("sampling", arm, sampling.tests(workers, arm, seed))


def _initializers(workers: Workers, arm: str, seed: int) -> Iterator[Finding]:
    def draw(name: str, layer: str, shape: Sequence[int], count: int) -> dict[str, Array]:
        seeds = [1000 * seed + index for index in range(count)]
        return workers.exercise(
            arm, "fp64", "initializers", "draw", {}, name=name, layer=layer, shape=shape, seeds=seeds
        )

    for name, distribution in EXPECTED.items():
        surprises: dict[str, float] = {}
        for layer, shape in LAYERS.items():
            fan_in, fan_out = fans(shape)
            drawn = draw(name, layer, shape, DRAWS)
            surprises |= _named(f"{layer}.weight", sample(drawn["weight"], distribution(fan_in, fan_out)))
            if name == "torch_default":
                surprises |= _named(f"{layer}.bias", sample(drawn["bias"], distribution(fan_in, fan_out)))
        yield _finding(f"initializer {name}", arm, surprises)
    surprises = {}
    for layer, shape in ORTHOGONAL.items():
        drawn = draw("orthogonal", layer, shape, ORTHOGONAL_DRAWS)
        surprises |= _named(f"{layer}.weight", orthogonal(drawn["weight"]))
    yield _finding("initializer orthogonal", arm, surprises)
    drawn = draw("zeros", "dense", LAYERS["dense"], 1)
    yield _finding("initializer zeros", arm, {"dense.weight": _exactly(not drawn["weight"].any())})


def _dropout(workers: Workers, arm: str, seed: int) -> Iterator[Finding]:
    generator = np.random.default_rng([seed, 19])
    batch, wide = (generator.uniform(1, 2, shape) for shape in ((24, 10, 32), (1, 4000)))
    for rate in RATES:
        asked = {"rate": rate, "seed": seed}
        found = workers.exercise(arm, "fp64", "dropout", "dropout", {"x": batch}, **asked, calls=CALLS)
        surprises = _named("training", masks(found["training"], batch, rate))
        surprises["evaluation"] = _exactly(np.array_equal(found["evaluation"], batch))
        found = workers.exercise(arm, "fp64", "dropout", "training", {"x": wide}, **asked, steps=STEPS)
        surprises |= _named("train step", masks(found["training"][:, np.newaxis], wide, rate))
        yield _finding(f"dropout {rate:g}", arm, surprises)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return fan_in and fan_out of a canonical weight, as ``torch.nn.init`` counts them."""
    first, second, *window = shape
    return second * math.prod(window), first * math.prod(window)


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
        "mean": _surprise(_two_sided(mean)),
        "variance": _surprise(_two_sided(square)),
        "largest": _surprise(largest),
        "distribution": _surprise(stats.kstest(flat, expected.cdf).pvalue),
        "independence": max(_surprise(p) for p in correlated),
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
    return {"orthogonality": _exactly(off < EXACT), **{place: _surprise(p) for place, p in tests.items()}}


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
        "scale": _exactly(bool((off < EXACT).all())),
        "rate": _surprise(stats.binomtest(int(kept.sum()), kept.size, 1 - rate).pvalue),
    }
    for axis in range(kept.ndim):
        length = kept.shape[axis] // 2 * 2
        if length:
            paired = np.moveaxis(kept, axis, 0)[:length]
            agree = paired[::2] == paired[1::2]
            test = stats.binomtest(int(agree.sum()), agree.size, rate**2 + (1 - rate) ** 2)
            found[f"independence along axis {axis}"] = _surprise(test.pvalue)
    return found


def _two_sided(z: float) -> float:
    return float(2 * stats.norm.sf(abs(z)))


def _surprise(p: float) -> float:
    return -math.log10(p) if p > 0 else math.inf


def _exactly(holds: bool) -> float:
    return 0.0 if holds else math.inf


def _named(prefix: str, surprises: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}: {test}": surprise for test, surprise in surprises.items()}


def _finding(what: str, arm: str, surprises: Mapping[str, float]) -> Finding:
    wrong: Iterable[str] = (test for test, surprise in surprises.items() if not surprise <= MOST_SURPRISE)
    where = next(iter(wrong), None)
    return Finding(what, arm, "randomness", where is None, max(surprises.values()), MOST_SURPRISE, where)
