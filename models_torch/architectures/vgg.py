"""VGG networks (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014).

Configuration A of table 1, of 11 layers, with batch norm (Ioffe and Szegedy, 2015) after each convolution.
"""

from collections.abc import Iterator

from torch import Tensor, nn

from models_torch.inputs import check_image

STAGES = ((1,), (2,), (4, 4), (8, 8), (8, 8))
"""A number for each convolution, its channels in multiples of the first one's; a stage halves the map at its end."""


def features(in_channels: int, width: int, bias: bool) -> Iterator[nn.Module]:
    """Yield the layers before the classifier: (N, in_channels, H, W) to (N, 8 × width, H / 32, W / 32), rounded up."""
    channels = in_channels
    for stage in STAGES:
        for multiple in stage:
            yield nn.Conv2d(channels, multiple * width, kernel_size=3, padding=1, bias=bias)
            yield nn.BatchNorm2d(multiple * width)
            yield nn.ReLU()
            channels = multiple * width
        yield nn.MaxPool2d(2, ceil_mode=True)


class VGG(nn.Module):
    """VGG-11 for ImageNet, with three fully connected layers: names and sizes as in torchvision's ``vgg11_bn``.

    Input (N, in_channels, image_size, image_size); output (N, num_classes): logits.

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
        self.features = nn.Sequential(*features(in_channels, width, bias=True))
        side = -(-image_size // 32)
        self.classifier = nn.Sequential(
            nn.Linear(8 * width * side * side, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, exactly=self.image_size)
        x = self.features(x)  # (N, 512, 7, 7)
        return self.classifier(x.flatten(1))


class CIFARVGG(nn.Module):
    """VGG-11 for small images: the same convolutions, without the biases that batch norm undoes, and one linear layer.

    Input (N, in_channels, H, W), CIFAR-10's being 32 × 32; output (N, num_classes): logits.

    Args:
        in_channels: 3 for colour.
        width: Channels of the first convolution.
        num_classes: Width of the output.
        dropout: Share of the linear layer's inputs that is left out of a training step.
    """

    def __init__(self, in_channels: int = 3, width: int = 64, num_classes: int = 10, dropout: float = 0.0):
        super().__init__()
        self.in_channels = in_channels
        self.features = nn.Sequential(*features(in_channels, width, bias=False))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(8 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, at_least=17)  # five halvings, rounded up
        x = self.features(x).mean((2, 3))  # (N, 512)
        return self.fc(self.dropout(x))
