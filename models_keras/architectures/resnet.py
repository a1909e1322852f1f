"""Residual networks (He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015)."""

from itertools import pairwise

import keras
from keras import KerasTensor, layers, ops

from models_keras.techniques.normalization import UnbiasedBatchNormalization


class Block(layers.Layer):
    """Two 3×3 convolutions and a shortcut around them (figure 2), batch norm after each convolution (section 3.4).

    A block that halves the map doubles the channels; its shortcut takes every second pixel and adds channels of zeros,
    which needs no parameters (option A, section 3.3).
    """

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.stride = channels // in_channels
        # "same" would pad a strided convolution of an even map on one side only.
        self.pad = layers.ZeroPadding2D(1) if self.stride > 1 else None
        padding = "valid" if self.pad else "same"
        self.conv1 = layers.Conv2D(channels, kernel_size=3, strides=self.stride, padding=padding, use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.conv2 = layers.Conv2D(channels, kernel_size=3, padding="same", use_bias=False)
        self.bn2 = UnbiasedBatchNormalization()
        self.added = channels - in_channels

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        y = self.conv1(self.pad(x) if self.pad else x)
        y = ops.relu(self.bn1(y, training=training))
        y = self.bn2(self.conv2(y), training=training)
        if self.added:
            x = ops.pad(x[:, ::2, ::2, :], [(0, 0), (0, 0), (0, 0), (0, self.added)])
        return ops.relu(x + y)


class CIFARResNet(keras.Model):
    """The networks of section 4.2, of 20, 32, 44, 56 or 110 layers: three stages of 16, 32 and 64 channels.

    Input (N, H, W, in_channels), CIFAR-10's being 32 × 32; output (N, num_classes): logits.

    Args:
        depth: 6n + 2 layers, with n blocks to a stage.
        in_channels: 3 for colour.
        num_classes: Width of the output.
    """

    def __init__(self, depth: int = 20, in_channels: int = 3, num_classes: int = 10):
        super().__init__()
        widths = [16, *(width for width in (16, 32, 64) for _ in range((depth - 2) // 6))]
        self.conv1 = layers.Conv2D(widths[0], kernel_size=3, padding="same", use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.blocks = [Block(before, width) for before, width in pairwise(widths)]
        self.fc = layers.Dense(num_classes)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        x = ops.relu(self.bn1(self.conv1(x), training=training))
        for block in self.blocks:
            x = block(x, training=training)
        x = ops.mean(x, axis=(1, 2))  # (N, 64)
        return self.fc(x)
