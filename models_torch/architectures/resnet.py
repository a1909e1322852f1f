"""Residual networks (He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015)."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from models_torch.inputs import check_image
from models_torch.techniques.pooling import make_pool


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
        self.in_channels = in_channels
        widths = [16, *(width for width in (16, 32, 64) for _ in range((depth - 2) // 6))]
        self.conv1 = nn.Conv2d(in_channels, widths[0], kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.blocks = nn.ModuleList(Block(before, width) for before, width in pairwise(widths))
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, at_least=4)
        x = F.relu(self.bn1(self.conv1(x)))
        for block in self.blocks:
            x = block(x)
        x = x.mean((2, 3))  # (N, 64)
        return self.fc(x)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (figure 5, left), projected where the block changes the shape (option B)."""

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = projection(in_channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions and a shortcut (figure 5, right), projected where the block changes the shape.

    Version 1.5: the 3×3 convolution has the stride, where the paper gives it to the first 1×1.
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = projection(in_channels, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


def projection(in_channels: int, channels: int, stride: int) -> nn.Module | None:
    """Return a shortcut to another shape, a 1×1 convolution and batch norm, or None where the shape stays."""
    if (in_channels, stride) == (channels, 1):
        return None
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(channels)
    )


def stage(block: type[BasicBlock | Bottleneck], in_channels: int, width: int, count: int, stride: int) -> nn.Module:
    """Return ``count`` blocks, of which the first has the stride."""
    others = (block(width * block.expansion, width, 1) for _ in range(count - 1))
    return nn.Sequential(block(in_channels, width, stride), *others)


DEPTHS = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


class ResNet(nn.Module):
    """The networks of table 1 for ImageNet, names and sizes as in torchvision.

    Input (N, in_channels, H, W), ImageNet's being 224 × 224; output (N, num_classes): logits.

    Args:
        depth: 18, 34, 50, 101 or 152 layers, from 50 on in bottlenecks.
        in_channels: 3 for colour.
        num_classes: Width of the output.
    """

    def __init__(self, depth: int = 50, in_channels: int = 3, num_classes: int = 1000):
        super().__init__()
        self.in_channels = in_channels
        block, counts = DEPTHS[depth]
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = make_pool("max", size=3, stride=2, padding=1)
        self.layer1 = stage(block, 64, 64, counts[0], stride=1)
        self.layer2 = stage(block, 64 * block.expansion, 128, counts[1], stride=2)
        self.layer3 = stage(block, 128 * block.expansion, 256, counts[2], stride=2)
        self.layer4 = stage(block, 256 * block.expansion, 512, counts[3], stride=2)
        self.fc = nn.Linear(512 * block.expansion, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, at_least=32)
        x = self.pool(F.relu(self.bn1(self.conv1(x))))  # (N, 64, H / 4, W / 4)
        for blocks in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = blocks(x)
        x = x.mean((2, 3))  # (N, 512 or 2048)
        return self.fc(x)
