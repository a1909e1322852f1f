"""VGG networks (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014).

Configuration A of table 1, of 11 layers, with batch norm (Ioffe and Szegedy, 2015) after each convolution.
"""

from collections.abc import Iterator, Sequence

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_image
from models_keras.techniques.normalization import UnbiasedBatchNormalization

STAGES = ((1,), (2,), (4, 4), (8, 8), (8, 8))
"""A number for each convolution, its channels in multiples of the first one's; a stage halves the map at its end."""


def features(width: int, bias: bool) -> Iterator[layers.Layer]:
    """Yield the layers before the classifier: (N, H, W, in_channels) to (N, H / 32, W / 32, 8 × width), rounded up."""
    for stage in STAGES:
        for multiple in stage:
            yield layers.Conv2D(multiple * width, kernel_size=3, padding="same", use_bias=bias)
            yield UnbiasedBatchNormalization()
            yield layers.ReLU()
        yield layers.MaxPooling2D(2, padding="same")


def run(stack: Sequence[layers.Layer], x: KerasTensor, training: bool | None) -> KerasTensor:
    """Call layers in turn, and tell those that differ in training: on JAX ``fit`` tells only the model."""
    for layer in stack:
        differs = isinstance(layer, layers.BatchNormalization | layers.Dropout)
        x = layer(x, training=training) if differs else layer(x)
    return x


class VGG(keras.Model):
    """VGG-11 for ImageNet, with three fully connected layers: names and sizes as in torchvision's ``vgg11_bn``.

    Input (N, image_size, image_size, in_channels); output (N, num_classes): logits.

    Args:
        image_size: Of a side, in pixels.
        in_channels: 3 for colour.
        width: Channels of the first convolution.
        hidden: Units of each of the two hidden layers of the classifier.
        num_classes: Width of the output.
        dropout: Share of the hidden units of the classifier that is left out of a training step.
    """

    def __init__(
        self,
        image_size: int = 224,
        in_channels: int = 3,
        width: int = 64,
        hidden: int = 4096,
        num_classes: int = 1000,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.in_channels, self.image_size = in_channels, image_size
        self.features = list(features(width, bias=True))
        self.flatten = layers.Flatten()
        side = -(-image_size // 32)
        self.classifier = [
            layers.Dense(hidden),
            layers.ReLU(),
            layers.Dropout(dropout),
            layers.Dense(hidden),
            layers.ReLU(),
            layers.Dropout(dropout),
            layers.Dense(num_classes),
        ]
        self.flattened = {"classifier.0": (side, side, 8 * width)}

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_image(x, self.in_channels, exactly=self.image_size)
        return run((*self.features, self.flatten, *self.classifier), x, training)


class CIFARVGG(keras.Model):
    """VGG-11 for small images: the same convolutions, without the biases that batch norm undoes, and one linear layer.

    Input (N, H, W, in_channels), CIFAR-10's being 32 × 32; output (N, num_classes): logits.

    Args:
        in_channels: 3 for colour.
        width: Channels of the first convolution.
        num_classes: Width of the output.
        dropout: Share of the linear layer's inputs that is left out of a training step.
    """

    def __init__(self, in_channels: int = 3, width: int = 64, num_classes: int = 10, dropout: float = 0.0):
        super().__init__()
        self.in_channels = in_channels
        self.features = list(features(width, bias=False))
        self.dropout = layers.Dropout(dropout)
        self.fc = layers.Dense(num_classes)

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        check_image(x, self.in_channels, at_least=17)  # five halvings, rounded up
        x = ops.mean(run(self.features, x, training), axis=(1, 2))  # (N, 512)
        return self.fc(self.dropout(x, training=training))
