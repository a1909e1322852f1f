"""U-Net (Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015)."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_torch.inputs import check_image


class DoubleConv(nn.Module):
    """Two 3×3 convolutions, each followed by a ReLU; batch norm between them, if any, makes their biases needless."""

    def __init__(self, in_channels: int, channels: int, norm: bool):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, padding=1, bias=not norm)
        self.bn1 = nn.BatchNorm2d(channels) if norm else nn.Identity()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=not norm)
        self.bn2 = nn.BatchNorm2d(channels) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


class UNet(nn.Module):
    """A contracting path, an expanding path (figure 1), and copies from each level of the one to that of the other.

    The convolutions are padded, as has become usual: the output is as large as the input, and nothing is cropped.
    Input (N, in_channels, H, W), H and W multiples of 2^depth; output (N, out_channels, H, W): logits.

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
        self.down = nn.ModuleList(DoubleConv(*ends, norm) for ends in pairwise([in_channels, *widths]))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2) for width in up)
        self.merge = nn.ModuleList(DoubleConv(2 * width, width, norm) for width in up)
        self.head = nn.Conv2d(width, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, multiple_of=self.stride)
        *contracting, bottom = self.down
        skips = []
        for block in contracting:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = bottom(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = torch.cat([skips.pop(), up(x)], dim=1)
            x = merge(x)
        return self.head(x)
