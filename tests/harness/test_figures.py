"""Figures of a technique, on a session whose answers are known."""

import dataclasses
import math

import numpy as np
import pytest

from harness import figures, registry


class Known:
    """A session that gives the same outputs whatever it is asked."""

    def __init__(self, outputs):
        self.outputs = outputs

    def predict(self, x, batch_size):
        return self.outputs


def measured(workload, name, outputs, targets):
    dataset = dataclasses.replace(registry.load_dataset(workload.dataset), y_test=targets)
    workload = dataclasses.replace(workload, figures=(name,))
    return figures.measure(Known(outputs), workload, dataset, dataset, {}, 1, another=None)[name]


def test_confidence_is_the_probability_of_what_is_answered_right_or_wrong():
    logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0], [9.0, 1.0]])) + 500
    found = measured(registry.find_workload("mlp_digits"), "confidence", logits, np.array([0, 0, 1]))
    assert found == pytest.approx((0.75 + 0.5 + 0.9) / 3)
    assert math.isfinite(measured(registry.find_workload("mlp_digits"), "confidence", 1e4 * logits, np.zeros(3, int)))


def test_the_share_below_counts_targets_less_than_the_answer():
    answers, targets = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[0.5], [2.0], [3.5], [-9.0]])
    assert measured(registry.find_workload("linear_diabetes"), "share_below", answers, targets) == 0.5
