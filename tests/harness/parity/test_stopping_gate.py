"""The gate of early stopping: green on the halves as they are, and by hand."""

import numpy as np
import pytest

from harness.parity import stopping
from harness.parity.mutants import Mutant

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")


def test_healthy_halves_stop_alike(workers):
    findings = list(stopping.check(workers, ARMS))
    assert [finding for finding in findings if not finding.passed] == []
    assert {finding.arm for finding in findings} == set(ARMS[:-1])


@pytest.mark.parametrize(
    ("title", "ends"),
    [
        ("patience 1", [(6, 6), (2, 2), (4, 4), (3, 3), (7, 7), (2, 2)]),
        ("patience 3, min_delta", [(6, 6), (4, 4), (6, 6), (5, 5), (7, 7), (9, 9)]),
        ("patience 2, restored", [(6, 6), (3, 1), (5, 3), (4, 2), (7, 7), (5, 3)]),
    ],
)
def test_the_definition_is_by_hand(workers, title, ends):
    curves = {name: np.array(losses) for name, losses in stopping.CURVES.items()}
    found = workers.exercise("torch", "fp64", "early_stopping", "stop", curves, **stopping.OPTIONS[title])
    assert {name: tuple(end) for name, end in found.items()} == dict(zip(curves, ends, strict=True))


def test_one_epoch_too_patient_is_found(faulty):
    fault = Mutant(
        "fault", "models_keras/techniques/early_stopping.py", "patience=patience,", "patience=patience + 1,", "", ""
    )
    findings = list(stopping.check(faulty(fault), ["keras-torch"]))
    assert [finding.passed for finding in findings] == [False] * len(stopping.OPTIONS)
