"""The MLP from bare tensors equals the witness."""

import numpy as np
import pytest
import torch

from models_numpy.architectures.mlp import MLP
from models_numpy.losses import cross_entropy
from models_numpy.optimizers import SGD, Adam
from models_torch.teaching import mlp_from_tensors as teaching

RULES = {"sgd": (SGD, teaching.sgd), "adam": (Adam, teaching.adam)}


@pytest.mark.parametrize("rule", RULES)
def test_twenty_steps_equal_the_witness(rule: str) -> None:
    optimizer, update = RULES[rule]
    rng = np.random.default_rng(0)
    witness, descent = MLP(5, (7, 6), 3), optimizer(learning_rate=0.05)
    parameters = {name: torch.from_numpy(p.copy()).requires_grad_() for name, p in witness.parameters().items()}
    state: teaching.State = {}
    for _ in range(20):
        x, y = rng.normal(size=(8, 5)), rng.integers(3, size=8)
        expected, dy = cross_entropy(witness.forward(x), y)
        witness.backward(dy)
        descent.step(witness.parameters(), witness.gradients())
        loss = teaching.train_step(parameters, state, torch.from_numpy(x), torch.from_numpy(y), 0.05, update=update)
        assert loss.item() == pytest.approx(expected, abs=1e-10)
    for name, p in witness.parameters().items():
        np.testing.assert_allclose(parameters[name].detach().numpy(), p, rtol=0, atol=1e-10, err_msg=name)
    x = rng.normal(size=(4, 5))
    outputs = teaching.forward(parameters, torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(outputs, witness.forward(x), rtol=0, atol=1e-10)


def test_initial_parameters_fit_the_mlp_and_learn() -> None:
    parameters = teaching.initial_parameters((5, 32, 32, 3))
    assert {n: tuple(p.shape) for n, p in parameters.items()} == {
        n: p.shape for n, p in MLP(5, (32, 32), 3).parameters().items()
    }
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(8, 5)).astype(np.float32))
    y = torch.from_numpy(rng.integers(3, size=8))
    state: teaching.State = {}
    losses = [teaching.train_step(parameters, state, x, y, 0.02, update=teaching.adam).item() for _ in range(200)]
    assert losses[0] > 0.5
    assert losses[-1] < 0.01
