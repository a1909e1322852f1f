"""Multi-layer perceptron (Rumelhart, Hinton and Williams, 1986), plain or with what made it deep since."""

import functools
from collections.abc import Sequence
from itertools import zip_longest

import keras
from keras import KerasTensor, layers

from models_keras.techniques.activations import ACTIVATIONS
from models_keras.techniques.custom import Centred
from models_keras.techniques.normalization import UnbiasedBatchNormalization

GROUPS = 8

NORMS = {
    "batch": UnbiasedBatchNormalization,
    "layer": functools.partial(layers.LayerNormalization, epsilon=1e-5),
    "group": functools.partial(layers.GroupNormalization, GROUPS, epsilon=1e-5),
    "rms": functools.partial(layers.RMSNormalization, epsilon=1e-6),
    "centred": Centred,
}
CENTRING = ("batch", "centred")
"""Norms that take the mean away, and with it the bias of the map before them."""


class MLP(keras.Model):
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
        self.fc = [layers.Dense(width, use_bias=norm not in CENTRING) for width in hidden]
        self.fc.append(layers.Dense(out_features))
        self.norm = [NORMS[norm]() for _ in hidden if norm]
        self.activation = ACTIVATIONS[activation]
        self.dropout = layers.Dropout(dropout) if dropout else None
        self.residual = residual

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        *hidden, head = self.fc
        for layer, norm in zip_longest(hidden, self.norm):
            y = layer(x)
            y = self.activation(norm(y, training=training) if norm else y)
            y = self.dropout(y, training=training) if self.dropout else y
            x = x + y if self.residual and x.shape[-1] == y.shape[-1] else y
        return head(x)
