"""A word that stands many times in a batch has one gradient, the sum. TensorFlow hands it to optimizers in pieces."""

import pytest


@pytest.fixture(scope="module")
def checked(run_check):
    return run_check("sparse_check.py", "tensorflow")


def test_repeated_words_move_as_in_pytorch(checked):
    assert len(checked) == 10
    assert {name: ours for name, (ours, _) in checked.items() if not ours < 1e-9} == {}


def test_keras_own_adam_adds_squares_where_it_should_square_sums(checked):
    assert checked["adam"][1] > 1e-3
