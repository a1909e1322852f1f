"""Recurrent layers with one bias are PyTorch's own with the second at zero: function, speed, and what is trained."""

import copy

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from models_torch.techniques.recurrent import OneBiasLSTM, OneBiasRNN

PAIRS = [(OneBiasLSTM, nn.LSTM), (OneBiasRNN, nn.RNN)]
OPTIONS = {"num_layers": 2, "bidirectional": True, "batch_first": True}


@pytest.fixture(params=PAIRS, ids=["LSTM", "RNN"])
def both(request):
    """A layer with one bias, and PyTorch's own with the same weights and a second bias of zero."""
    torch.manual_seed(0)
    ours, theirs = (make(3, 5, **OPTIONS) for make in request.param)
    state = {name: torch.zeros_like(tensor) for name, tensor in theirs.state_dict().items()}
    theirs.load_state_dict(state | ours.state_dict())
    return ours, theirs


def operations(layer, x):
    with profile(activities=[ProfilerActivity.CPU]) as run:
        layer(x)[0].sum().backward()
    return {event.key for event in run.key_averages() if "lstm" in event.key or "rnn" in event.key}


def test_the_function_is_pytorchs_own(both):
    ours, theirs = both
    x = torch.randn(4, 7, 3)
    assert torch.equal(ours(x)[0], theirs(x)[0])


def test_the_second_bias_is_neither_trained_nor_stored(both):
    ours, theirs = both
    kept = [name for name in theirs.state_dict() if "bias_hh" not in name]
    assert len(kept) == 12
    assert [name for name, _ in ours.named_parameters()] == kept
    assert list(ours.state_dict()) == kept


def test_it_moves_with_the_layer(both):
    x = torch.randn(4, 7, 3, dtype=torch.float64)
    ours, theirs = (copy.deepcopy(layer).double() for layer in both)
    assert torch.equal(ours(x)[0], theirs(x)[0])


def test_the_kernels_are_pytorchs_own(both):
    ours, theirs = both
    x = torch.randn(4, 7, 3)
    assert operations(ours, x) == operations(theirs, x) != set()


def test_one_step_moves_the_bias_once_and_pytorchs_two_move_it_twice(both):
    x = torch.randn(4, 7, 3)
    moved = []
    for layer in both:
        before = layer.bias_ih_l0.detach().clone()
        layer(x)[0].mean().backward()
        torch.optim.SGD(layer.parameters(), lr=1.0).step()
        moved.append((layer.bias_ih_l0 + layer.bias_hh_l0 - before).detach())
    torch.testing.assert_close(2 * moved[0], moved[1])
