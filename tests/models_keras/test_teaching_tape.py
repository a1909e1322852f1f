"""The MLP from TensorFlow variables and a gradient tape equals the witness."""

import numpy as np
import pytest
import tensorflow as tf

from models_keras.teaching import mlp_gradient_tape as teaching
from models_numpy.architectures.mlp import MLP
from models_numpy.losses import cross_entropy
from models_numpy.optimizers import SGD, Adam

RULES = {"sgd": (SGD, teaching.sgd), "adam": (Adam, teaching.adam)}


@pytest.mark.parametrize("rule", RULES)
def test_twenty_steps_equal_the_witness(rule: str) -> None:
    optimizer, update = RULES[rule]
    rng = np.random.default_rng(0)
    witness, descent = MLP(5, (7, 6), 3), optimizer(learning_rate=0.05)
    parameters = {name: tf.Variable(p.copy()) for name, p in witness.parameters().items()}
    state: teaching.State = {}
    for _ in range(20):
        x, y = rng.normal(size=(8, 5)), rng.integers(3, size=8)
        expected, dy = cross_entropy(witness.forward(x), y)
        witness.backward(dy)
        descent.step(witness.parameters(), witness.gradients())
        loss = teaching.train_step(parameters, state, tf.constant(x), tf.constant(y), 0.05, update=update)
        assert loss.numpy() == pytest.approx(expected, abs=1e-10)
    for name, p in witness.parameters().items():
        np.testing.assert_allclose(parameters[name].numpy(), p, rtol=0, atol=1e-10, err_msg=name)
    x = rng.normal(size=(4, 5))
    outputs = teaching.forward(parameters, tf.constant(x)).numpy()
    np.testing.assert_allclose(outputs, witness.forward(x), rtol=0, atol=1e-10)


def test_initial_parameters_fit_the_mlp_and_learn() -> None:
    parameters = teaching.initial_parameters((5, 32, 32, 3))
    assert {n: tuple(p.shape) for n, p in parameters.items()} == {
        n: p.shape for n, p in MLP(5, (32, 32), 3).parameters().items()
    }
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(8, 5)).astype(np.float32))
    y = tf.constant(rng.integers(3, size=8))
    state: teaching.State = {}
    losses = [teaching.train_step(parameters, state, x, y, 0.02, update=teaching.adam).numpy() for _ in range(200)]
    assert losses[0] > 0.5
    assert losses[-1] < 0.01
