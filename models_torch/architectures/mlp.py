"""Multi-layer perceptron (Rumelhart, Hinton and Williams, 1986), plain or with what made it deep since."""

import functools
from collections.abc import Sequence
from itertools import pairwise, zip_longest

from torch import Tensor, nn

from models_torch.techniques.activations import ACTIVATIONS
from models_torch.techniques.custom import Centred

GROUPS = 8

NORMS = {
    "batch": nn.BatchNorm1d,  # epsilon 1e-5, momentum .1
    "layer": nn.LayerNorm,  # epsilon 1e-5
    "group": functools.partial(nn.GroupNorm, GROUPS),  # epsilon 1e-5
    "rms": functools.partial(nn.RMSNorm, eps=1e-6),
    "centred": Centred,
}
CENTRING = ("batch", "centred")
"""Norms that take the mean away, and with it the bias of the map before them."""


class MLP(nn.Module):
    """Affine maps with an activation between them. Input (N, in_features); output (N, out_features): logits.

    Args:
        in_features: Width of the input.
        hidden: Width of each hidden layer.
        out_features: Width of the output.
        activation: Name of the non-linearity.
        norm: ``batch``, ``layer``, ``group`` (of 8), ``rms`` or ``centred``, between affine map and activation; a map
            before ``batch`` or ``centred`` needs no bias.
        dropout: Share of the units of each hidden layer that is left out of a training step.
        residual: Add to a hidden layer's output its input, where both are of one width.
    """

    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int],
        out_features: int,
        activation: str = "relu",
        norm: str | None = None,
        dropout: float = 0.0,
        residual: bool = False,
    ):
        super().__init__()
        widths = [in_features, *hidden]
        self.fc = nn.ModuleList(nn.Linear(*ends, bias=norm not in CENTRING) for ends in pairwise(widths))
        self.fc.append(nn.Linear(widths[-1], out_features))
        self.norm = nn.ModuleList(NORMS[norm](width) for width in hidden if norm)
        self.activation = ACTIVATIONS[activation]
        self.dropout = nn.Dropout(dropout) if dropout else None
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        *hidden, head = self.fc
        for layer, norm in zip_longest(hidden, self.norm):
            y = layer(x)
            y = self.activation(norm(y) if norm else y)
            y = self.dropout(y) if self.dropout else y
            x = x + y if self.residual and x.shape[-1] == y.shape[-1] else y
        return head(x)
