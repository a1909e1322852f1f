"""The gate of augmentation: healthy halves make the same pictures; good draws pass at every seed, bad ones do not."""

import numpy as np
import pytest

from benchmarks.techniques.augmentation import DRAWS
from harness.parity import augmentation, draws
from harness.parity.chance import MOST_SURPRISE


def red(surprises):
    return {test for test, surprise in surprises.items() if surprise > MOST_SURPRISE}


@pytest.mark.parametrize(
    "others", [("keras-torch",), pytest.param(("keras-tensorflow", "keras-jax"), marks=pytest.mark.long)]
)
def test_healthy_arms_make_the_same_pictures(workers, others):
    arms = ["torch", *others]
    findings = list(augmentation.check(workers, [*arms, "numpy"], seed=1))
    assert [finding for finding in findings if not finding.passed] == []
    compared = {(finding.workload, finding.arm, finding.gate) for finding in findings}
    titles = {f"augmentation {case.title}" for case in augmentation.CASES}
    assert compared == {
        (title, arm, f"augmentation {precision}")
        for title in titles
        for arm in arms
        for precision in ("fp64", "fp32")
        if (arm, precision) != ("torch", "fp64")  # what the others are compared with
    }


def test_every_technique_is_compared_and_tested():
    assert {case.name for case in augmentation.CASES} == DRAWS.keys()
    assert {name.replace("shift of signals", "shift_signal") for name in draws.TESTS} == DRAWS.keys()


def test_good_draws_pass_at_every_seed():
    for seed in range(20):
        assert {name: red(found) for name, found in draws.tests(seed) if red(found)} == {}


def fair(generator, name, shape, **options):
    return DRAWS[name](generator, shape, **options)


BAD = {
    "flip of the others": ("flip", lambda g, s, rate: {"flipped": g.random(s[0]) >= rate}, "rate"),
    "one flip for the batch": (
        "flip",
        lambda g, s, rate: {"flipped": np.repeat(g.random() < rate, s[0])},
        "independence along axis 1",
    ),
    "shift short of its end": (
        "shift",
        lambda g, s, most: {"offset": g.integers(-most, most, (s[0], 2))},
        "axis 0: distribution",
    ),
    "shift beyond its end": (
        "shift",
        lambda g, s, most: {"offset": g.integers(-most, most + 1, (s[0], 2), endpoint=True)},
        "axis 0: bounds",
    ),
    "shift along the diagonal": (
        "shift",
        lambda g, s, most: {"offset": np.repeat(g.integers(-most, most, (s[0], 1), endpoint=True), 2, axis=1)},
        "independence of axes",
    ),
    "crop without padding": (
        "crop",
        lambda g, s, size, padding: fair(g, "crop", s, size=size),
        "axis 0: distribution",
    ),
    "degrees for radians": (
        "rotation",
        lambda g, s, degrees: {"angle": g.uniform(-degrees, degrees, s[0])},
        "largest",
    ),
    "turned one way only": (
        "rotation",
        lambda g, s, degrees: {"angle": g.uniform(0, np.deg2rad(degrees), s[0])},
        "mean",
    ),
    "normal for uniform": ("zoom", lambda g, s, most: {"factor": g.normal(1, most / 3**0.5, s[0])}, "distribution"),
    "cutout off the border": ("cutout", lambda g, s: {"centre": g.integers(2, 7, (s[0], 2))}, "axis 0: distribution"),
    "uniform for beta": (
        "mixup",
        lambda g, s, alpha: {"share": g.random(s[0]), "partner": g.permutation(s[0])},
        "variance",
    ),
    "partners one behind the other": (
        "mixup",
        lambda g, s, alpha: fair(g, "mixup", s, alpha=alpha) | {"partner": np.roll(np.arange(s[0]), 1)},
        "permutation",
    ),
    "partners with repetition": (
        "mixup",
        lambda g, s, alpha: fair(g, "mixup", s, alpha=alpha) | {"partner": g.integers(0, s[0], s[0])},
        "permutation",
    ),
    "sides of λ for its root": (
        "cutmix",
        lambda g, s, alpha: fair(g, "cutmix", s, alpha=alpha) | {"box": box_of_share(g, s, alpha)},
        "rows",
    ),
    "a share that is not adjusted": (
        "cutmix",
        lambda g, s, alpha: fair(g, "cutmix", s, alpha=alpha) | {"share": g.beta(alpha, alpha, s[0])},
        "share",
    ),
    "variance for scale": ("noise", lambda g, s, scale: {"noise": g.normal(0, scale**2, s)}, "variance"),
    "one noise for the batch": (
        "noise",
        lambda g, s, scale: {"noise": np.repeat(g.normal(0, scale, (1, *s[1:])), s[0], axis=0)},
        "independence of samples",
    ),
}  # fmt: skip


def box_of_share(generator, shape, alpha):
    lengths = np.array(shape[2:])
    size = ((1 - generator.beta(alpha, alpha, shape[0]))[:, np.newaxis] * lengths).astype(int)
    first = generator.integers(0, lengths, (shape[0], 2)) - size // 2
    return np.concatenate([first.clip(0), np.minimum(first + size, lengths)], axis=1)


@pytest.mark.parametrize(("name", "bad", "test"), BAD.values(), ids=BAD.keys())
def test_bad_draws_are_found(monkeypatch, name, bad, test):
    monkeypatch.setattr(
        draws, "draw", lambda _, shape, seed, **options: bad(np.random.default_rng(seed), shape, **options)
    )
    assert test in red(draws.TESTS[name](0))
