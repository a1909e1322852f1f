"""MobileNetV2 (Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018)."""

import math
from collections.abc import Sequence

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_image
from models_keras.techniques.normalization import UnbiasedBatchNormalization

STAGES = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
"""Table 2: expansion, channels and number of blocks."""


def scaled(channels: int, multiplier: float) -> int:
    """Return the channels times the multiplier, to the nearest multiple of 8, one more if that takes over a tenth."""
    nearest = max(8, int(channels * multiplier + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels * multiplier else nearest + 8


class InvertedResidual(layers.Layer):
    """Expansion to more channels, 3×3 convolution of each by itself, linear projection to few (figure 4, d).

    Batch norm after each convolution, ReLU6 after the first two, a shortcut where input and output are of one shape.
    """

    def __init__(self, in_channels: int, channels: int, stride: int, expansion: int):
        super().__init__()
        hidden = in_channels * expansion
        self.shortcut = stride == 1 and in_channels == channels
        self.expand = layers.Conv2D(hidden, kernel_size=1, use_bias=False) if expansion > 1 else None
        self.bn1 = UnbiasedBatchNormalization() if expansion > 1 else None
        # "same" would pad a strided convolution of an even map on one side only; elsewhere it saves an operation.
        self.pad = layers.ZeroPadding2D(1) if stride > 1 else None
        padding = "valid" if self.pad else "same"
        self.depthwise = layers.DepthwiseConv2D(kernel_size=3, strides=stride, padding=padding, use_bias=False)
        self.bn2 = UnbiasedBatchNormalization()
        self.project = layers.Conv2D(channels, kernel_size=1, use_bias=False)
        self.bn3 = UnbiasedBatchNormalization()

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        y = ops.relu6(self.bn1(self.expand(x), training=training)) if self.expand else x
        y = ops.relu6(self.bn2(self.depthwise(self.pad(y) if self.pad else y), training=training))
        y = self.bn3(self.project(y), training=training)
        return x + y if self.shortcut else y


class MobileNetV2(keras.Model):
    """A stem, seven stages of inverted residuals, 1280 features, a linear head.

    Input (N, H, W, in_channels), ImageNet's being 224 × 224; output (N, num_classes): logits.

    Args:
        in_channels: 3 for colour.
        width: Multiplies all channels but those of the features, which it may only raise.
        strides: Of the stem and of the seven stages. Small images want fewer halvings.
        num_classes: Width of the output.
        dropout: Share of the features that is left out of a training step.
    """

    def __init__(
        self,
        in_channels: int = 3,
        width: float = 1.0,
        strides: Sequence[int] = (2, 1, 2, 2, 2, 1, 2, 1),
        num_classes: int = 1000,
        dropout: float = 0.2,
    ):
        super().__init__()
        self.in_channels, self.total_stride = in_channels, math.prod(strides)
        first, *others = strides
        channels = scaled(32, width)
        self.pad = layers.ZeroPadding2D(1)
        self.conv1 = layers.Conv2D(channels, kernel_size=3, strides=first, use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.blocks = []
        for (expansion, wanted, count), stride in zip(STAGES, others, strict=True):
            for number in range(count):
                before, channels = channels, scaled(wanted, width)
                self.blocks.append(InvertedResidual(before, channels, 1 if number else stride, expansion))
        features = scaled(1280, max(width, 1))
        self.conv2 = layers.Conv2D(features, kernel_size=1, use_bias=False)
        self.bn2 = UnbiasedBatchNormalization()
        self.dropout = layers.Dropout(dropout)
        self.fc = layers.Dense(num_classes)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_image(x, self.in_channels, at_least=self.total_stride)
        x = ops.relu6(self.bn1(self.conv1(self.pad(x)), training=training))
        for block in self.blocks:
            x = block(x, training=training)
        x = ops.relu6(self.bn2(self.conv2(x), training=training))
        x = ops.mean(x, axis=(1, 2))  # (N, 1280)
        return self.fc(self.dropout(x, training=training))
