"""Initial parameters."""

import functools
from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn

from models_torch.exercises.differences.parts import Arrays, give, load


def _spread(make: Callable[[], nn.Module], arrays: Arrays, form: str) -> Arrays:
    """Spread of the tensors that a layer starts with: of its own drawing, or drawn for both halves."""
    torch.manual_seed(0)
    layer = nn.Sequential(OrderedDict(layer=make().double()))
    if form == "reconciled":
        load(layer, arrays)
    drawn = {name: tensor.detach() for name, tensor in layer.named_parameters() if name in arrays}
    spread = {name: [float(t.std(correction=0)), float(t.abs().max())] for name, t in drawn.items()}
    says = "; ".join(f"{name.removeprefix('layer.')} {std:.2g} (≤ {most:.2g})" for name, (std, most) in spread.items())
    return give(says, **spread)


def dense_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Linear(700, 300), arrays, form)


def convolution_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Conv2d(32, 64, 3), arrays, form)


def depthwise_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Conv2d(128, 128, 3, groups=128), arrays, form)


def transposed_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.ConvTranspose2d(64, 16, 4), arrays, form)


def embedding_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Embedding(500, 64), arrays, form)


def rnn_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.RNN(32, 64), arrays, form)


def lstm_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.LSTM(32, 64), arrays, form)


def gru_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.GRU(32, 64), arrays, form)


def attention_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.MultiheadAttention(64, 4), arrays, form)


def _filled(fill: Callable[[Tensor], Tensor]) -> nn.Module:
    layer = nn.Linear(1000, 500, bias=False)
    fill(layer.weight)
    return layer


def he_normal_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(nn.init.kaiming_normal_), arrays, form)


def truncated_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(functools.partial(nn.init.trunc_normal_, std=0.05)), arrays, form)
