"""Keras' optimizers as the matched track builds them."""

import math

import keras
import numpy as np
import pytest

from harness.contract import Clipping, Optimizer
from models_keras.techniques.optimizers import RECIPES, make_optimizer, make_stock_optimizer


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


NUMBERS = ("beta_1", "beta_2", "epsilon", "rho", "initial_accumulator_value", "weight_decay")


@pytest.mark.parametrize("name", RECIPES)
def test_the_stock_track_has_the_numbers_of_keras(name):
    spec = Optimizer(name, 0.25, beta_1=0.5, beta_2=0.5, epsilon=0.5, rho=0.5, initial_accumulator=0.5)
    found = make_stock_optimizer(spec).get_config()
    own = type(make_stock_optimizer(spec))().get_config()
    assert found["learning_rate"] == 0.25
    assert {key: found.get(key) for key in NUMBERS} == {key: own.get(key) for key in NUMBERS}


def test_the_stock_track_has_what_is_off_unless_asked_for():
    asked = Optimizer("sgd", 0.1, momentum=0.9, nesterov=True, weight_decay=0.02, clipping=Clipping("global_norm", 0.5))
    found = make_stock_optimizer(asked).get_config()
    assert (found["momentum"], found["nesterov"], found["weight_decay"]) == (0.9, True, 0.02)
    assert found["global_clipnorm"] == 0.5
    assert make_stock_optimizer(Optimizer("adamw", 0.1, weight_decay=0.5)).get_config()["weight_decay"] == 0.004
