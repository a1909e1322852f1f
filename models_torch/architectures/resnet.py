"""Residual networks (He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015)."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Two 3×3 convolutions and a shortcut around them (figure 2), batch norm after each convolution (section 3.4).

    A block that halves the map doubles the channels; its shortcut takes every second pixel and adds channels of zeros,
    which needs no parameters (option A, section 3.3).
    """

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.stride = channels // in_channels
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=self.stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.added = channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.added:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.added))
        return F.relu(x + y)


class CIFARResNet(nn.Module):
    """The networks of section 4.2, of 20, 32, 44, 56 or 110 layers: three stages of 16, 32 and 64 channels.

    Input (N, in_channels, H, W), CIFAR-10's being 32 × 32; output (N, num_classes): logits.

    Args:
        depth: 6n + 2 layers, with n blocks to a stage.
        in_channels: 3 for colour.
        num_classes: Width of the output.
    """

    def __init__(self, depth: int = 20, in_channels: int = 3, num_classes: int = 10):
        super().__init__()
        widths = [16, *(width for width in (16, 32, 64) for _ in range((depth - 2) // 6))]
        self.conv1 = nn.Conv2d(in_channels, widths[0], kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.blocks = nn.ModuleList(Block(before, width) for before, width in pairwise(widths))
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        for block in self.blocks:
            x = block(x)
        x = x.mean((2, 3))  # (N, 64)
        return self.fc(x)
