"""Residual networks (He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015)."""

from itertools import pairwise

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_image
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_keras.techniques.pooling import make_pool


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
        self.in_channels = in_channels
        widths = [16, *(width for width in (16, 32, 64) for _ in range((depth - 2) // 6))]
        self.conv1 = layers.Conv2D(widths[0], kernel_size=3, padding="same", use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.blocks = [Block(before, width) for before, width in pairwise(widths)]
        self.fc = layers.Dense(num_classes)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_image(x, self.in_channels, at_least=4)
        x = ops.relu(self.bn1(self.conv1(x), training=training))
        for block in self.blocks:
            x = block(x, training=training)
        x = ops.mean(x, axis=(1, 2))  # (N, 64)
        return self.fc(x)


class BasicBlock(layers.Layer):
    """Two 3×3 convolutions and a shortcut (figure 5, left), projected where the block changes the shape (option B)."""

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int):
        super().__init__()
        self.pad = layers.ZeroPadding2D(1) if stride > 1 else None
        padding = "valid" if self.pad else "same"
        self.conv1 = layers.Conv2D(width, kernel_size=3, strides=stride, padding=padding, use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.conv2 = layers.Conv2D(width, kernel_size=3, padding="same", use_bias=False)
        self.bn2 = UnbiasedBatchNormalization()
        self.downsample = projection(in_channels, width, stride)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        y = ops.relu(self.bn1(self.conv1(self.pad(x) if self.pad else x), training=training))
        y = self.bn2(self.conv2(y), training=training)
        if self.downsample:
            conv, norm = self.downsample
            x = norm(conv(x), training=training)
        return ops.relu(y + x)


class Bottleneck(layers.Layer):
    """1×1, 3×3 and 1×1 convolutions and a shortcut (figure 5, right), projected where the block changes the shape.

    Version 1.5: the 3×3 convolution has the stride, where the paper gives it to the first 1×1.
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = layers.Conv2D(width, kernel_size=1, use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.pad = layers.ZeroPadding2D(1) if stride > 1 else None
        padding = "valid" if self.pad else "same"
        self.conv2 = layers.Conv2D(width, kernel_size=3, strides=stride, padding=padding, use_bias=False)
        self.bn2 = UnbiasedBatchNormalization()
        self.conv3 = layers.Conv2D(4 * width, kernel_size=1, use_bias=False)
        self.bn3 = UnbiasedBatchNormalization()
        self.downsample = projection(in_channels, 4 * width, stride)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        y = ops.relu(self.bn1(self.conv1(x), training=training))
        y = ops.relu(self.bn2(self.conv2(self.pad(y) if self.pad else y), training=training))
        y = self.bn3(self.conv3(y), training=training)
        if self.downsample:
            conv, norm = self.downsample
            x = norm(conv(x), training=training)
        return ops.relu(y + x)


def projection(in_channels: int, channels: int, stride: int) -> list[layers.Layer]:
    """Return a shortcut to another shape, a 1×1 convolution and batch norm, or nothing where the shape stays."""
    if (in_channels, stride) == (channels, 1):
        return []
    return [layers.Conv2D(channels, kernel_size=1, strides=stride, use_bias=False), UnbiasedBatchNormalization()]


def stage(
    block: type[BasicBlock | Bottleneck], in_channels: int, width: int, count: int, stride: int
) -> list[layers.Layer]:
    """Return ``count`` blocks, of which the first has the stride."""
    others = (block(width * block.expansion, width, 1) for _ in range(count - 1))
    return [block(in_channels, width, stride), *others]


DEPTHS = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


class ResNet(keras.Model):
    """The networks of table 1 for ImageNet, names and sizes as in torchvision.

    Input (N, H, W, in_channels), ImageNet's being 224 × 224; output (N, num_classes): logits.

    Args:
        depth: 18, 34, 50, 101 or 152 layers, from 50 on in bottlenecks.
        in_channels: 3 for colour.
        num_classes: Width of the output.
    """

    def __init__(self, depth: int = 50, in_channels: int = 3, num_classes: int = 1000):
        super().__init__()
        self.in_channels = in_channels
        block, counts = DEPTHS[depth]
        self.pad = layers.ZeroPadding2D(3)
        self.conv1 = layers.Conv2D(64, kernel_size=7, strides=2, use_bias=False)
        self.bn1 = UnbiasedBatchNormalization()
        self.pool = make_pool("max", size=3, stride=2, padding=1)
        self.layer1 = stage(block, 64, 64, counts[0], stride=1)
        self.layer2 = stage(block, 64 * block.expansion, 128, counts[1], stride=2)
        self.layer3 = stage(block, 128 * block.expansion, 256, counts[2], stride=2)
        self.layer4 = stage(block, 256 * block.expansion, 512, counts[3], stride=2)
        self.fc = layers.Dense(num_classes)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_image(x, self.in_channels, at_least=32)
        x = self.pool(ops.relu(self.bn1(self.conv1(self.pad(x)), training=training)))  # (N, H / 4, W / 4, 64)
        for blocks in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in blocks:
                x = block(x, training=training)
        x = ops.mean(x, axis=(1, 2))  # (N, 512 or 2048)
        return self.fc(x)
