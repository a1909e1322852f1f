"""Sharpness-aware minimisation in PyTorch against its definition, by hand."""

import dataclasses

import numpy as np
import pytest
import torch

from harness.contract import Optimizer, Setup, TrainStep
from harness.registry import find_workload
from models_torch.arm import TorchSession
from models_torch.techniques.sharpness import uphill

BASE = dataclasses.replace(find_workload("linear_diabetes"), optimizer=Optimizer("sgd", 0.1))


def test_parameters_are_moved_along_the_gradient_of_all_and_put_back_to_the_bit():
    first, second, untouched = (torch.nn.Parameter(torch.tensor(values)) for values in ([1.0, 2.0], [3.0], [4.0]))
    first.grad, second.grad = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    before = first.detach().clone()
    with uphill([first, second, untouched], radius=0.5):
        assert first.tolist() == pytest.approx([1.3, 2.0])
        assert second.tolist() == pytest.approx([3.4])
        assert untouched.tolist() == [4.0]
    assert torch.equal(first, before)
    assert second.tolist() == [3.0]


@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_a_step_takes_the_gradient_of_the_point_uphill(radius):
    """Of the squared error of a linear model, whose gradient is known: 2 (w·x + b − y) (x, 1)."""
    session = TorchSession(Setup("fp64", 1), dataclasses.replace(BASE, train_step=TrainStep(radius)))
    x, y = np.arange(1.0, 11.0)[np.newaxis] / 10, np.array([[0.7]])
    weight, bias = np.linspace(-1, 1, 10)[np.newaxis], np.array([0.2])
    session.load({"fc.weight": weight, "fc.bias": bias})
    session.stage([(x, y)])

    def gradient(weight, bias):
        error = 2 * (float(weight[0] @ x[0]) + float(bias[0]) - 0.7)
        return error * x, np.array([error])

    here = gradient(weight, bias)
    norm = np.sqrt(sum(np.sum(part**2) for part in here))
    there = gradient(weight + radius * here[0] / norm, bias + radius * here[1] / norm)
    loss = session.run_steps(1)
    found = session.dump()
    assert loss == pytest.approx((float(weight[0] @ x[0]) + 0.2 - 0.7) ** 2)  # of where it is, not of uphill
    assert found["fc.weight"] == pytest.approx(weight - 0.1 * there[0], rel=1e-10)
    assert found["fc.bias"] == pytest.approx(bias - 0.1 * there[1], rel=1e-10)
