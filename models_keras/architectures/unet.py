"""U-Net (Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015)."""

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_image
from models_keras.techniques.normalization import UnbiasedBatchNormalization


class DoubleConv(layers.Layer):
    """Two 3×3 convolutions, each followed by a ReLU; batch norm between them, if any, makes their biases needless."""

    def __init__(self, channels: int, norm: bool):
        super().__init__()
        self.conv1 = layers.Conv2D(channels, kernel_size=3, padding="same", use_bias=not norm)
        self.bn1 = UnbiasedBatchNormalization() if norm else layers.Identity()
        self.conv2 = layers.Conv2D(channels, kernel_size=3, padding="same", use_bias=not norm)
        self.bn2 = UnbiasedBatchNormalization() if norm else layers.Identity()

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        x = ops.relu(self.bn1(self.conv1(x), training=training))
        return ops.relu(self.bn2(self.conv2(x), training=training))


class UNet(keras.Model):
    """A contracting path, an expanding path (figure 1), and copies from each level of the one to that of the other.

    The convolutions are padded, as has become usual: the output is as large as the input, and nothing is cropped.
    Input (N, H, W, in_channels), H and W multiples of 2^depth; output (N, H, W, out_channels): logits.

    Args:
        in_channels: 3 for colour.
        out_channels: 1 to tell an object from its background.
        width: Channels of the first level; each further one has twice as many.
        depth: Number of times that the map is halved.
        norm: Batch norm behind each 3×3 convolution, which the paper does not have.
    """

    def __init__(self, in_channels: int = 1, out_channels: int = 2, width: int = 64, depth: int = 4, norm: bool = True):
        super().__init__()
        self.in_channels, self.stride = in_channels, 2**depth
        widths = [width * 2**level for level in range(depth + 1)]
        up = widths[-2::-1]
        self.down = [DoubleConv(width, norm) for width in widths]
        self.pool = layers.MaxPooling2D(2)
        self.up = [layers.Conv2DTranspose(width, kernel_size=2, strides=2) for width in up]
        self.merge = [DoubleConv(width, norm) for width in up]
        self.head = layers.Conv2D(out_channels, kernel_size=1)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_image(x, self.in_channels, multiple_of=self.stride)
        *contracting, bottom = self.down
        skips = []
        for block in contracting:
            x = block(x, training=training)
            skips.append(x)
            x = self.pool(x)
        x = bottom(x, training=training)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = ops.concatenate([skips.pop(), up(x)], axis=-1)
            x = merge(x, training=training)
        return self.head(x)
