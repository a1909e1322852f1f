"""Keras' optimizers as the matched track builds them."""

import math

import keras
import numpy as np
import pytest

from harness.contract import Optimizer
from models_keras.techniques.optimizers import make_optimizer


def test_float32_updates_stay_in_float32():
    optimizer = make_optimizer(Optimizer("adam", 1e-3))
    for coefficient in (optimizer.beta_1, optimizer.beta_2):
        assert (
            keras.backend.standardize_dtype(keras.ops.multiply(keras.ops.ones(3), 1 - coefficient).dtype) == "float32"
        )


@pytest.mark.parametrize("gradient", [1.0, 1e-6, 1e-8])
def test_adam_adds_epsilon_to_the_corrected_root(gradient):
    variable = keras.Variable(np.zeros(1, dtype="float32"))
    optimizer = make_optimizer(Optimizer("adam", learning_rate=1e-3, epsilon=1e-8))
    optimizer.apply([keras.ops.convert_to_tensor(np.array([gradient], dtype="float32"))], [variable])
    # After one step both corrected moments are the gradient's own: lr × g / (|g| + ε).
    moved = -float(variable.numpy()[0])
    assert moved == pytest.approx(1e-3 * gradient / (gradient + 1e-8), rel=1e-3)
    assert math.isclose(moved, 1e-3, rel_tol=1e-3) == (gradient == 1.0)
