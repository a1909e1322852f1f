"""One affine map: softmax regression under cross-entropy, linear regression under squared error."""

import keras
from keras import KerasTensor, layers


class Linear(keras.Model):
    """y = x W + b. Input (N, in_features); output (N, out_features): logits or targets."""

    def __init__(self, in_features: int, out_features: int):
        super().__init__()
        self.fc = layers.Dense(out_features)

    def call(self, x: KerasTensor) -> KerasTensor:
        return self.fc(x)
