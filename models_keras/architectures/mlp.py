"""Multi-layer perceptron (Rumelhart, Hinton and Williams, 1986) with rectified linear units."""

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers, ops


class MLP(keras.Model):
    """Affine maps with ReLU between them. Input (N, in_features); output (N, out_features): logits."""

    def __init__(self, in_features: int, hidden: Sequence[int], out_features: int):
        super().__init__()
        widths = [*hidden, out_features]
        self.fc = [layers.Dense(fan_out) for fan_out in widths]

    def call(self, x: KerasTensor) -> KerasTensor:
        *hidden, head = self.fc
        for layer in hidden:
            x = ops.relu(layer(x))
        return head(x)
