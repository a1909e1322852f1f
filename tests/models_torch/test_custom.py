"""Custom layers, gradients and losses in PyTorch against their definitions. That Keras' are the same is the gates'."""

import numpy as np
import pytest
import torch

from models_torch.techniques.custom import Centred, straight_through
from models_torch.techniques.losses import make_loss


def test_a_centred_layer_remembers_a_tenth_of_every_batch():
    layer = Centred(2).double()
    first, second = torch.tensor([[1.0, 0.0], [3.0, 4.0]]).double(), torch.tensor([[5.0, 5.0]]).double()
    assert layer(first).tolist() == [[-1.0, -2.0], [1.0, 2.0]]
    layer(second)
    expected = 0.9 * (0.1 * np.array([2.0, 2.0])) + 0.1 * np.array([5.0, 5.0])
    assert layer.running_mean.numpy() == pytest.approx(expected)
    assert layer.eval()(first).detach().numpy() == pytest.approx(first.numpy() - expected)
    assert [name for name, _ in layer.named_parameters()] == []
    assert "running_mean" in layer.state_dict()


def test_a_straight_through_sign_has_the_gradient_of_a_clipped_identity():
    x = torch.tensor([-3.0, -0.5, 0.0, 0.5, 3.0], dtype=torch.float64, requires_grad=True)
    output = straight_through(x)
    (output * torch.arange(1.0, 6.0)).sum().backward()
    assert output.tolist() == [-1, -1, 1, 1, 1]
    steps = 1e-6 * np.eye(5)
    clipped = [np.clip(x.detach().numpy() + step, -1, 1) - np.clip(x.detach().numpy() - step, -1, 1) for step in steps]
    assert x.grad.numpy() == pytest.approx(np.array(clipped) @ np.arange(1.0, 6.0) / 2e-6)


def test_the_gradient_of_a_centred_layer_is_that_of_finite_differences():
    x = torch.randn((4, 3), generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    layer = Centred(3).double()
    assert torch.autograd.gradcheck(lambda given: layer(given).square(), x)
    assert torch.autograd.gradcheck(lambda given: layer.eval()(given).square(), x)


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("focal", {"gamma": 2.0}, (5, 4)),
        ("quantile", {"quantile": 0.9}, (5, 2)),
        ("contrastive", {"margin": 3.0}, (5, 2, 3)),
        ("triplet", {"margin": 1.0}, (5, 3, 3)),
        ("multi_task", {"classes": 2, "weight": 0.7}, (5, 4)),
    ],
)
def test_gradients_are_those_of_finite_differences(name, options, shape):
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([[1.0], [0.0], [1.0], [0.0], [0.0]], dtype=torch.float64)
    given = torch.tensor([0, 3, 1, 2, 0]) if name == "focal" else targets
    if name in ("quantile", "multi_task"):
        given = torch.randn(shape, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: make_loss(name, **options)(x, given), outputs)


def test_losses_by_hand():
    logits = torch.log(torch.tensor([[0.9, 0.1], [0.4, 0.6]], dtype=torch.float64))
    expected = -(0.1**2 * np.log(0.9) + 0.6**2 * np.log(0.4)) / 2
    assert make_loss("focal")(logits, torch.tensor([0, 0])).item() == pytest.approx(expected)
    assert make_loss("focal", gamma=0.0)(logits, torch.tensor([0, 0])).item() == pytest.approx(-np.log(0.36) / 2)
    errors = torch.tensor([[2.0], [-4.0]])
    assert make_loss("quantile", quantile=0.75)(torch.zeros(2, 1), errors).item() == pytest.approx((1.5 + 1.0) / 2)
    pairs = torch.tensor([[[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.5]]])
    assert make_loss("contrastive")(pairs, torch.tensor([[1.0], [0.0]])).item() == pytest.approx((25 + 0.25) / 4)
    triplets = torch.tensor([[[0.0], [2.0], [3.0]], [[0.0], [2.0], [1.0]]])
    assert make_loss("triplet")(triplets, torch.zeros(2, 1)).item() == pytest.approx((0 + 4) / 2)
