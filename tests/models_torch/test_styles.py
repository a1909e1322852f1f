"""``nn.Sequential`` and ``nn.Module`` forms of one network are one function, gradients included."""

import pytest
import torch

from models_torch.architectures.lenet import LeNet5
from models_torch.architectures.mlp import MLP
from models_torch.teaching import styles

NETWORKS = {
    "mlp": (MLP(20, (16, 12), 3), styles.sequential_mlp(20, (16, 12), 3), (5, 20)),
    "lenet": (LeNet5(2, 7), styles.sequential_lenet(2, 7), (5, 2, 28, 28)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_both_styles_are_one_function(name):
    module, sequential, shape = NETWORKS[name]
    module, sequential = module.double(), sequential.double()
    sequential.load_state_dict(dict(zip(sequential.state_dict(), module.state_dict().values(), strict=True)))
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    y = torch.arange(len(x)) % 3
    found = {}
    for style, model in (("module", module), ("sequential", sequential)):
        x.requires_grad_().grad = None
        model.zero_grad()
        outputs = model(x)
        torch.nn.functional.cross_entropy(outputs, y).backward()
        found[style] = [outputs.detach(), x.grad, *(parameter.grad for parameter in model.parameters())]
    for one, other in zip(*found.values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
        assert one.abs().max() > 1e-6


def test_named_layers_share_a_state_dict():
    module, sequential, _ = NETWORKS["lenet"]
    assert list(sequential.state_dict()) == list(module.state_dict())
