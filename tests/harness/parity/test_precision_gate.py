"""The gate of mixed precision: green on the halves as they are, and by the definition of loss scaling."""

import itertools

import numpy as np
import pytest

from harness.parity import precision
from harness.parity.mutants import Mutant

ARMS = ("torch", "keras-torch", "numpy")


@pytest.mark.parametrize(
    "arms",
    [
        pytest.param(ARMS, id="torch"),
        pytest.param(("keras-tensorflow", "keras-jax"), id="compiled", marks=pytest.mark.long),  # seconds to start
    ],
)
def test_healthy_halves_pass(workers, arms):
    findings = list(precision.check(workers, arms, seed=1))
    assert [finding for finding in findings if not finding.passed] == []
    assert {finding.arm for finding in findings} == set(arms) - {"numpy"}
    assert {finding.gate for finding in findings} == {"precision", "precision lost", "precision saved"}


def by_hand(factors, dtype, initial=0.0, growth_steps=0):
    """Descents and scales by NumPy's float16, and by the rule of Micikevicius et al."""
    scale, clean, parameter, found, scales = initial or 1.0, 0, np.zeros(precision.SIZE, np.float32), [], []
    left_out = []
    for factor in factors:
        with np.errstate(over="ignore"):
            gradient = dtype(scale / precision.SIZE) * factor.astype(dtype)
        assert gradient.dtype == dtype
        left_out.append(bool(initial) and not np.isfinite(gradient).all())
        if not left_out[-1]:
            parameter = parameter - np.float32(precision.RATE) * (gradient.astype(np.float32) / np.float32(scale))
            clean += 1
            if initial and clean == growth_steps:
                scale, clean = 2 * scale, 0
        else:
            scale, clean = scale / 2, 0
        found.append(parameter)
        scales.append(scale)
    return np.stack(found), np.array(scales), np.cumsum(left_out)


@pytest.mark.parametrize("case", [case for case in precision.CASES if case.dtype != "bfloat16"], ids=lambda c: c.title)
def test_the_reference_is_the_definition(workers, case):
    given = precision.factors(np.random.default_rng(3))[case.factors]
    asked = {"dtype": case.dtype, "rate": precision.RATE, **case.scaling}
    found = workers.exercise("torch", "fp32", "precision", "descend", given, **asked)
    parameters, scales, left_out = by_hand(given["factors"], np.dtype(case.dtype).type, **case.scaling)
    np.testing.assert_allclose(found["parameter"], parameters, rtol=1e-6)
    if case.scaling:
        assert found["scale"].tolist() == scales.tolist()
        assert found["left out"].tolist() == left_out.tolist()
    if case.factors == "large":  # three steps are left out, and the scale falls and rises
        assert np.diff(scales).min() < 0 < np.diff(scales).max()
        assert sum((after == before).all() for before, after in itertools.pairwise(parameters)) == 3


def test_a_scale_that_grows_a_step_late_is_found(faulty):
    fault = Mutant(
        "fault",
        "models_keras/techniques/precision.py",
        "dynamic_growth_steps=growth_steps",
        "dynamic_growth_steps=growth_steps + 1",
        "",
        "",
    )
    red = [finding for finding in precision.check(faulty(fault), ["keras-torch"]) if not finding.passed]
    assert {finding.where for finding in red} == {"scale"}
