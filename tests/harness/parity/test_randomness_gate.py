"""The gate of what is random: its tests on good and bad draws made in NumPy, then on the arms and a planted fault."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.parity import randomness
from harness.parity.mutants import Mutant

SHAPE = (4, 2, 48, 128)
STD = 0.05
NORMAL = stats.norm(0, STD)
TRUNCATED = stats.truncnorm(-2, 2, scale=STD / stats.truncnorm(-2, 2).std())
UNIFORM = stats.uniform(-math.sqrt(3) * STD, 2 * math.sqrt(3) * STD)


def red(surprises):
    return {test for test, surprise in surprises.items() if surprise > randomness.MOST_SURPRISE}


@pytest.mark.parametrize("distribution", [NORMAL, TRUNCATED, UNIFORM], ids=["normal", "truncated", "uniform"])
@pytest.mark.parametrize("shape", [SHAPE, (4, 2, 15)], ids=["weight", "bias"])
def test_good_draws_pass_at_every_seed(distribution, shape):
    for seed in range(20):
        drawn = distribution.rvs(shape, random_state=seed)
        assert red(randomness.sample(drawn, distribution)) == set()


@pytest.mark.parametrize(
    ("drawn", "expected", "tests"),
    [
        (TRUNCATED, NORMAL, {"largest"}),
        (NORMAL, TRUNCATED, {"largest"}),
        (stats.norm(0, STD * math.sqrt(2)), NORMAL, {"variance", "distribution"}),
        (stats.norm(0, STD * 1.03), NORMAL, {"variance"}),
        (stats.norm(0.002, STD), NORMAL, {"mean"}),
        (UNIFORM, NORMAL, {"distribution", "largest"}),
        (NORMAL, UNIFORM, {"distribution", "largest"}),
        (stats.uniform(-0.9 * math.sqrt(3) * STD, 1.8 * math.sqrt(3) * STD), UNIFORM, {"largest", "variance"}),
    ],
    ids=[
        "truncated for normal",
        "normal for truncated",
        "gain",
        "gain of 1.03",
        "shifted",
        "uniform for normal",
        "normal for uniform",
        "narrow",
    ],
)
def test_bad_draws_are_found(drawn, expected, tests):
    assert tests <= red(randomness.sample(drawn.rvs(SHAPE, random_state=0), expected))


def test_tensors_that_repeat_are_found():
    once = NORMAL.rvs((4, 1, *SHAPE[2:]), random_state=0)
    assert red(randomness.sample(np.repeat(once, 2, axis=1), NORMAL)) >= {"independence"}


def haar(seed, tall=(8, 6), uniform=True):
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(80):
        q, r = np.linalg.qr(generator.normal(size=tall))
        drawn.append(q * np.sign(np.diag(r)) if uniform else q)
    return np.reshape(drawn, (40, 2, *tall))


def test_orthogonal_matrices():
    for seed in range(20):
        assert red(randomness.orthogonal(haar(seed))) == set()
        assert red(randomness.orthogonal(haar(seed).swapaxes(2, 3))) == set()
    assert "first" in red(randomness.orthogonal(haar(0, uniform=False)))
    assert red(randomness.orthogonal(haar(0) * 1.01)) == {"orthogonality"}


RATE = 0.3
X = np.random.default_rng(0).uniform(1, 2, (24, 10, 32))


def kept(seed, *shape):
    return np.random.default_rng(seed).random(shape) >= RATE


def test_good_masks_pass_at_every_seed():
    for seed in range(20):
        assert red(randomness.masks(kept(seed, 4, 24, 10, 32) * X / (1 - RATE), X, RATE)) == set()


@pytest.mark.parametrize(
    ("mask", "scale", "tests"),
    [
        (kept(0, 4, 24, 10, 32), 1, {"scale"}),
        (kept(0, 4, 24, 10, 32) == 0, 1 / (1 - RATE), {"rate"}),
        (kept(0, 1, 24, 10, 32), 1 / (1 - RATE), {"independence along axis 0"}),
        (kept(0, 4, 1, 10, 32), 1 / (1 - RATE), {"independence along axis 1"}),
        (kept(0, 4, 24, 1, 32), 1 / (1 - RATE), {"independence along axis 2"}),
        (kept(0, 4, 24, 10, 1), 1 / (1 - RATE), {"independence along axis 3"}),
    ],
    ids=["not rescaled", "rate for keep rate", "not fresh", "one for the batch", "one for all steps", "by channel"],
)
def test_bad_masks_are_found(mask, scale, tests):
    assert tests <= red(randomness.masks(np.broadcast_to(mask, (4, *X.shape)) * X * scale, X, RATE))


def test_expected_distributions_have_the_variance_they_are_named_for():
    variances = {name: distribution(300, 500).var() for name, distribution in randomness.EXPECTED.items()}
    assert variances.pop("normal") == 1
    for name, variance in variances.items():
        named = {"xavier": 2 / 800, "he": 2 / 300, "lecun": 1 / 300, "torch": 1 / 900}[name.partition("_")[0]]
        assert variance == pytest.approx(named), name


@pytest.mark.parametrize(
    "others", [("keras-torch",), pytest.param(("keras-tensorflow", "keras-jax"), marks=pytest.mark.long)]
)
def test_healthy_arms_pass(workers, others):
    arms = ["torch", *others, "numpy"]
    findings = list(randomness.check(workers, arms, seed=1))
    assert [finding for finding in findings if not finding.passed] == []
    tested = {arm: {finding.workload for finding in findings if finding.arm == arm} for arm in arms}
    assert tested.pop("numpy") == set()
    assert all(tested[arm] == tested["torch"] for arm in tested)
    assert {f"initializer {name}" for name in randomness.EXPECTED} < tested["torch"]
    assert {name for name in tested["torch"] if name.startswith("dropout")} == {
        *(f"dropout {rate:g}" for rate in randomness.RATES),
        "dropout of several layers",
        "dropout of recomputed layers",
    }
    assert "augmentation flip" in tested["torch"]


def test_a_fan_of_the_wrong_side_is_located(faulty):
    fault = Mutant("fan", "models_keras/techniques/initializers.py", '2.0, "fan_in"', '2.0, "fan_out"', "", "")
    findings = list(randomness.check(faulty(fault), ["keras-torch"]))
    wrong = {finding.workload: finding.where for finding in findings if not finding.passed}
    assert wrong == {"initializer he_normal": "dense.weight: variance"}
