"""Gate "randomness": what is drawn at random has the distribution that both halves promise, in every arm by itself.

The figure of a finding is the largest −log10 p over its tests, and its bound 6: a healthy arm exceeds it in one draw of
a million per test, and seeds are fixed, so that one which passes keeps passing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from harness import registry
from harness.parity import draws, sampling, stacks
from harness.parity.chance import MOST_SURPRISE, exactly, masks, orthogonal, sample
from harness.parity.gates import Finding
from harness.parity.stacks import STACKS
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

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
    """Test every arm's initializers, dropout and sampling, what it is handed for augmentation, and yield each finding.

    A witness has none of it.
    """
    for arm in arms:
        if not registry.find_arm(arm).witness:
            for name, surprises in draws.tests(seed):
                yield _finding(f"augmentation {name}", arm, surprises)
            yield from _initializers(workers, arm, seed)
            yield from _dropout(workers, arm, seed)
            for title, stack in STACKS.items():
                yield _finding(f"dropout of {title}", arm, stacks.tests(workers, arm, seed, stack))
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
    yield _finding("initializer zeros", arm, {"dense.weight": exactly(not drawn["weight"].any())})


def _dropout(workers: Workers, arm: str, seed: int) -> Iterator[Finding]:
    generator = np.random.default_rng([seed, 19])
    batch, wide = (generator.uniform(1, 2, shape) for shape in ((24, 10, 32), (1, 4000)))
    for rate in RATES:
        asked = {"rate": rate, "seed": seed}
        found = workers.exercise(arm, "fp64", "dropout", "dropout", {"x": batch}, **asked, calls=CALLS)
        surprises = _named("training", masks(found["training"], batch, rate))
        surprises["evaluation"] = exactly(np.array_equal(found["evaluation"], batch))
        found = workers.exercise(arm, "fp64", "dropout", "training", {"x": wide}, **asked, steps=STEPS)
        surprises |= _named("train step", masks(found["training"][:, np.newaxis], wide, rate))
        yield _finding(f"dropout {rate:g}", arm, surprises)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return fan_in and fan_out of a canonical weight, as ``torch.nn.init`` counts them."""
    first, second, *window = shape
    return second * math.prod(window), first * math.prod(window)


def _named(prefix: str, surprises: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}: {test}": surprise for test, surprise in surprises.items()}


def _finding(what: str, arm: str, surprises: Mapping[str, float]) -> Finding:
    wrong: Iterable[str] = (test for test, surprise in surprises.items() if not surprise <= MOST_SURPRISE)
    where = next(iter(wrong), None)
    return Finding(what, arm, "randomness", where is None, max(surprises.values()), MOST_SURPRISE, where)
