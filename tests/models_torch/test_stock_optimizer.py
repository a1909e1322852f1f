"""PyTorch's optimizers as the stock track builds them: its own numbers, but for what one has to ask for."""

import inspect

import pytest
import torch
from torch import nn

from harness.contract import Clipping, Optimizer
from models_torch import ARMS
from models_torch.techniques.optimizers import OPTIMIZERS, make_stock_optimizer


def made(spec):
    return make_stock_optimizer(spec, [nn.Parameter(torch.zeros(3))])


@pytest.mark.parametrize("name", ARMS[0].own_optimizers)
def test_numbers_are_those_of_the_class(name):
    spec = Optimizer(name, 0.25, beta_1=0.5, beta_2=0.5, epsilon=0.5, rho=0.5, momentum_decay=0.5)
    group = made(spec).param_groups[0]
    own = {name: p.default for name, p in inspect.signature(OPTIMIZERS[name][0]).parameters.items()}
    assert group["lr"] == 0.25
    assert {key: group[key] for key in ("betas", "eps", "alpha", "rho", "momentum_decay") if key in group} == {
        key: own[key] for key in ("betas", "eps", "alpha", "rho", "momentum_decay") if key in group
    }


def test_what_is_off_unless_asked_for_is_given():
    group = made(Optimizer("sgd", 0.1, momentum=0.9, nesterov=True, weight_decay=0.02)).param_groups[0]
    assert (group["momentum"], group["nesterov"], group["weight_decay"]) == (0.9, True, 0.02)


def test_adamw_keeps_its_own_decay():
    assert made(Optimizer("adamw", 0.1, weight_decay=0.5)).param_groups[0]["weight_decay"] == 0.01


@pytest.mark.parametrize("by", ["global_norm", "norm", "value", "adaptive"])
def test_clipping_passes_over_what_has_no_gradient(by):
    used, unused = (nn.Parameter(torch.ones(3)) for _ in range(2))
    optimizer = make_stock_optimizer(Optimizer("sgd", 1.0, clipping=Clipping(by, 0.5)), [used, unused])
    used.grad = torch.full((3,), 10.0)
    optimizer.step()
    assert torch.equal(unused, torch.ones(3))
    assert 0 < (1 - used).norm() <= 0.9


def test_gradients_are_clipped():
    optimizer = made(Optimizer("sgd", 1.0, clipping=Clipping("value", 0.5)))
    (parameter,) = optimizer.param_groups[0]["params"]
    parameter.grad = torch.tensor([2.0, -3.0, 0.25])
    optimizer.step()
    assert parameter.tolist() == [-0.5, 0.5, -0.25]
