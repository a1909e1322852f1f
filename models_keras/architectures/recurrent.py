"""Recurrent networks for sequences."""

import keras
from keras import KerasTensor, layers


class BiGRU(keras.Model):
    """Bidirectional GRU (Cho et al., 2014) whose outputs at every step feed one linear head.

    Input (N, length, input_size); output (N, num_classes): logits.
    """

    def __init__(self, input_size: int = 1, hidden_size: int = 6, length: int = 40, num_classes: int = 10):
        super().__init__()
        self.gru = layers.Bidirectional(layers.GRU(hidden_size, return_sequences=True))
        self.flatten = layers.Flatten()
        self.fc = layers.Dense(num_classes)

    def call(self, x: KerasTensor) -> KerasTensor:
        x = self.gru(x)  # (N, length, 2 * hidden_size)
        return self.fc(self.flatten(x))
