"""The baseline of the language models: its probabilities by hand, and its figure on the real text."""

import sys

import numpy as np
import pytest

from benchmarks.baselines.ngram import NGram
from harness.registry import find_workload

X = np.array([[0, 1, 0, 1]])
Y = np.array([[1, 0, 1, 2]])


def test_probabilities_are_those_of_the_formula():
    # Nothing before: 0 followed once, 1 twice, 2 once: 4 characters of 3 kinds, mixed with 1/4.
    one = {0: (1 + 3 / 4) / 7, 1: (2 + 3 / 4) / 7, 2: (1 + 3 / 4) / 7, 3: (3 / 4) / 7}
    # After 0: 1 twice. After 1: 0 once, 2 once.
    two = {(0, 1): (2 + one[1]) / 3, (0, 3): one[3] / 3, (1, 0): (1 + 2 * one[0]) / 4, (1, 2): (1 + 2 * one[2]) / 4}
    # After 0 1: 0 once, 2 once. After 1 0: 1 once.
    three = {(0, 1, 0): (1 + 2 * two[1, 0]) / 4, (1, 0, 3): two[0, 3] / 2}
    for order, expected in ((1, one[1]), (2, two[0, 1])):
        assert NGram(order, 4).fit(X, Y).probability(X, Y)[0, 0] == pytest.approx(expected)
    model = NGram(3, 4).fit(X, Y)
    assert model.probability(X, Y)[0, :2] == pytest.approx([two[0, 1], three[0, 1, 0]])
    assert model.probability(np.array([[1, 0]]), np.array([[0, 3]]))[0, 1] == pytest.approx(three[1, 0, 3])


def test_a_context_that_training_never_saw_says_nothing():
    model = NGram(4, 4).fit(X, Y)
    new = np.array([[2, 3, 1]])
    target = np.array([[0, 0, 2]])
    shorter = NGram(2, 4).fit(X, Y).probability(new, target)
    assert np.array_equal(model.probability(new, target), shorter)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_the_probabilities_of_all_characters_add_up_to_one(order):
    generator = np.random.default_rng(0)
    x, y, new = generator.integers(0, 7, (3, 20, 9))
    model = NGram(order, 7).fit(x, y)
    total = sum(model.probability(new, np.full_like(new, character)) for character in range(7))
    assert total == pytest.approx(np.ones(new.shape))


def test_bits_are_the_mean_logarithm():
    model = NGram(2, 4).fit(X, Y)
    assert model.bits_per_character(X, Y) == pytest.approx(-np.log2(model.probability(X, Y)).mean())


FOUR_GRAM = {(3, 11): 2.20, (3, 12): 2.06, (3, 13): 2.04}
"""Bits per character by version of Python, whose text it is."""


def figure(data, order):
    return NGram(order, data.outputs).fit(data.x_train, data.y_train).bits_per_character(data.x_test, data.y_test)


def test_the_figure_on_pythons_documentation(load):
    assert figure(load("python_docs"), 4) == pytest.approx(FOUR_GRAM[sys.version_info[:2]], abs=0.03)


@pytest.mark.parametrize("name", ["gpt_python_docs", "lstm_python_docs"])
def test_a_language_model_at_its_target_is_better_than_counting_four_characters(load, name):
    workload = find_workload(name)
    assert workload.reached(workload.target)
    assert not workload.reached(figure(load("python_docs"), 4))


def test_both_language_models_have_one_budget():
    gpt, lstm = find_workload("gpt_python_docs"), find_workload("lstm_python_docs")
    assert (gpt.dataset, gpt.batch_size, gpt.epochs) == (lstm.dataset, lstm.batch_size, lstm.epochs)
