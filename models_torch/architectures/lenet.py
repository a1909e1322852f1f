"""Small convolutional networks: LeNet-5 for images, and its one-dimensional relative for signals."""

import torch.nn.functional as F
from torch import Tensor, nn

from models_torch.inputs import check_image, check_signal


class LeNet5(nn.Module):
    """LeNet-5 (LeCun et al., 1998) as it is taught today: ReLU, max pooling, a full second convolution.

    Input (N, in_channels, 28, 28); output (N, num_classes): logits.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10):
        super().__init__()
        self.in_channels = in_channels
        self.conv1 = nn.Conv2d(in_channels, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, exactly=28)
        x = self.pool(F.relu(self.conv1(x)))  # (N, 6, 14, 14)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 16, 5, 5)
        x = x.flatten(1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class Conv1DNet(nn.Module):
    """Three strided convolutions and a linear head (Greydanus and Kobak, MNIST-1D, 2020).

    Input (N, in_channels, length); output (N, num_classes): logits.
    """

    def __init__(self, in_channels: int = 1, channels: int = 25, num_classes: int = 10, length: int = 40):
        super().__init__()
        self.in_channels, self.length = in_channels, length
        self.conv1 = nn.Conv1d(in_channels, channels, kernel_size=5, stride=2, padding=1)
        self.conv2 = nn.Conv1d(channels, channels, kernel_size=3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(channels, channels, kernel_size=3, stride=2, padding=1)
        steps = (length - 3) // 2 + 1
        steps = (steps - 1) // 2 + 1
        steps = (steps - 1) // 2 + 1
        self.fc = nn.Linear(channels * steps, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_signal(x, self.in_channels, exactly=self.length)
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.conv3(x))  # (N, channels, length / 8)
        return self.fc(x.flatten(1))
