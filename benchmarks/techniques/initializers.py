"""Initializers: what is drawn for the weights of linear layers and convolutions, and what that does to a deep network.

They are drawn once, here, from a generator that the harness seeds; every arm loads the same arrays. The halves have
initializers of their own under the same names (``models_*/techniques/initializers.py``), for who trains without the
harness; the gate ``randomness`` holds them to these distributions. Fans are PyTorch's: of a weight (first, second,
*window), fan_in is second × window and fan_out is first × window.

They are shown on an MLP of 51 hidden layers of 128 units with ReLU, which halves the second moment of what passes it.
So a map multiplies the variance by fan_in · Var(w) / 2 (He et al., 2015), and fifty maps by that to the fiftieth.
Chance lowers the logarithm: it is a random walk whose steps have a variance of about 5 / 128 and a mean of minus half
of it (Hanin and Nica, 2018), in fifty steps −0.42 ± 0.61 in log10, ± 0.27 for a mean of five seeds. Hence ``CHANCE``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_digits import WORKLOAD
from harness.contract import Expectation, Technique, Variant

if TYPE_CHECKING:
    from harness.contract import Array

STD_OF_TRUNCATED = 0.8796256610342398
"""Standard deviation of N(0, 1) cut at ±2."""

WIDTH, MAPS, FEW_MAPS = 128, 50, 10
CHANCE = (-1.4, 0.6)
"""How far log10 of the variance may be from its theory: the bias of −0.42 and four times ± 0.27, rounded away."""


def draw(name: str, shape: Sequence[int], generator: np.random.Generator) -> Array:
    """Draw a weight of a canonical shape, float64.

    Args:
        name: One of ``DRAWS``.
        shape: (first, second, *window).
        generator: Of random numbers.
    """
    return DRAWS[name](generator, tuple(shape))


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return fan_in and fan_out of a weight."""
    return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])


def _fan_in(shape: Sequence[int]) -> float:
    return fans(shape)[0]


def _mean_fan(shape: Sequence[int]) -> float:
    return sum(fans(shape)) / 2


def _uniform(scale: float, fan: Callable[[Sequence[int]], float]) -> Callable[..., Array]:
    """Draw uniformly, with variance scale / fan."""

    def drawn(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
        bound = math.sqrt(3 * scale / fan(shape))
        return generator.uniform(-bound, bound, shape)

    return drawn


def _normal(scale: float, fan: Callable[[Sequence[int]], float]) -> Callable[..., Array]:
    return lambda generator, shape: generator.normal(0, math.sqrt(scale / fan(shape)), shape)


def _truncated(scale: float) -> Callable[..., Array]:
    """Draw from a normal cut at two of its own deviations, widened so that the variance is scale / fan_in."""

    def drawn(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
        values = generator.standard_normal(shape)
        while (beyond := np.abs(values) > 2).any():
            values[beyond] = generator.standard_normal(int(beyond.sum()))
        return values * (math.sqrt(scale / _fan_in(shape)) / STD_OF_TRUNCATED)

    return drawn


def _orthogonal(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw the matrix (first, second × window) with orthonormal rows or columns, whichever are fewer (Saxe, 2014)."""
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))  # else it is not uniform over all such matrices
    return (q if rows >= columns else q.T).reshape(shape)


DRAWS: Mapping[str, Callable[..., Array]] = {
    "zeros": lambda _, shape: np.zeros(shape),
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "xavier_uniform": _uniform(1.0, _mean_fan),
    "xavier_normal": _normal(1.0, _mean_fan),
    "he_uniform": _uniform(2.0, _fan_in),
    "he_normal": _normal(2.0, _fan_in),
    "he_truncated_normal": _truncated(2.0),
    "lecun_uniform": _uniform(1.0, _fan_in),
    "lecun_normal": _normal(1.0, _fan_in),
    "lecun_truncated_normal": _truncated(1.0),
    "orthogonal": _orthogonal,
    "torch_default": _uniform(1 / 3, _fan_in),
}
"""By name, as in the halves. Keras' default is ``xavier_uniform``; ``torch_default`` is U(±1 / √fan_in)."""


def variant(name: str, about: str, maps: int = MAPS, **changes: Any) -> Variant:
    """Return a deep MLP on a handful of digits, drawn by ``name`` with biases of 0 unless ``changes`` say otherwise."""
    return vary(
        "initializers",
        WORKLOAD,
        name,
        about,
        **{
            "initializer": name,
            "arguments": {"hidden": (WIDTH,) * (maps + 1)},
            "samples": 256,
            "epochs": 1,
            "figures": ("variance_kept", "gradient_ratio"),
            **changes,
        },
    )


def kept(name: str, factor: float, because: str, maps: int = MAPS) -> Expectation:
    """Return the expectation that each map multiplies the variance by ``factor``, give or take chance."""
    theory = maps * math.log10(factor)
    low, high = CHANCE
    told = f"{because}: {maps} · log10({factor:.4g}) = {theory:.2f}"
    return Expectation("variance_kept", name, told, at_least=theory + low, at_most=theory + high)


_HE, _LECUN, _XAVIER = "Var(w) = 2 / fan_in", "Var(w) = 1 / fan_in", "Var(w) = 1 / fan_in where both fans are alike"

TECHNIQUE = Technique(
    name="initializers",
    title="Initializers",
    about="An MLP of 51 hidden layers with ReLU before training: how much of the variance is left after 50 maps.",
    variants=(
        variant("torch_default", "U(±1/√fan_in): PyTorch's weights, biases 0"),
        variant(
            "torch_biases",
            "the same with PyTorch's biases, U(±1/√fan_in) too; in the stock track each framework's own default",
            initializer=None,
        ),
        variant("zeros", "0", figures=()),
        variant("normal", "N(0, 1), on 11 hidden layers: more would leave float32", FEW_MAPS),
        variant("xavier_uniform", "Xavier, uniform: Keras' default, whose biases are 0"),
        variant("xavier_normal", "Xavier, normal"),
        variant("he_uniform", "He, uniform"),
        variant("he_normal", "He, normal"),
        variant("he_truncated_normal", "He, normal cut at two deviations: what Keras calls he_normal"),
        variant("lecun_uniform", "LeCun, uniform"),
        variant("lecun_normal", "LeCun, normal"),
        variant("lecun_truncated_normal", "LeCun, normal cut at two deviations: what Keras calls lecun_normal"),
        variant("orthogonal", "orthogonal"),
    ),
    expectations=(
        kept("torch_default", 1 / 6, "Var(w) = 1 / (3 fan_in)"),
        Expectation(
            figure="variance_kept",
            variant="torch_biases",
            because="q ← q/6 + 1/(3·128), by the biases, comes to rest at 0.4/128; the first map gives about 0.32",
            at_least=-2.4,
            at_most=-1.6,
        ),
        Expectation(
            "metric", "zeros", "all units are alike and hand on nothing, only the last bias learns", at_most=0.2
        ),
        kept("normal", WIDTH / 2, "Var(w) = 1", FEW_MAPS),
        kept("xavier_uniform", 1 / 2, _XAVIER),
        kept("xavier_normal", 1 / 2, _XAVIER),
        kept("he_uniform", 1.0, _HE),
        kept("he_normal", 1.0, _HE),
        kept("he_truncated_normal", 1.0, _HE),
        kept("lecun_uniform", 1 / 2, _LECUN),
        kept("lecun_normal", 1 / 2, _LECUN),
        kept("lecun_truncated_normal", 1 / 2, _LECUN),
        kept("orthogonal", 1 / 2, "an orthogonal map keeps every length, as 1 / fan_in does on average"),
    ),
)
