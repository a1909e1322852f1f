"""Small convolutional networks: LeNet-5 for images, and its one-dimensional relative for signals."""

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_image, check_signal


class LeNet5(keras.Model):
    """LeNet-5 (LeCun et al., 1998) as it is taught today: ReLU, max pooling, a full second convolution.

    Input (N, 28, 28, in_channels); output (N, num_classes): logits.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10):
        super().__init__()
        self.in_channels = in_channels
        self.conv1 = layers.Conv2D(6, kernel_size=5, padding="same")
        self.conv2 = layers.Conv2D(16, kernel_size=5)
        self.pool = layers.MaxPooling2D(2)
        self.flatten = layers.Flatten()
        self.fc1 = layers.Dense(120)
        self.fc2 = layers.Dense(84)
        self.fc3 = layers.Dense(num_classes)
        self.flattened = {"fc1": (5, 5, 16)}

    def call(self, x: KerasTensor) -> KerasTensor:
        check_image(x, self.in_channels, exactly=28)
        x = self.pool(ops.relu(self.conv1(x)))  # (N, 14, 14, 6)
        x = self.pool(ops.relu(self.conv2(x)))  # (N, 5, 5, 16)
        x = self.flatten(x)
        x = ops.relu(self.fc1(x))
        x = ops.relu(self.fc2(x))
        return self.fc3(x)


class Conv1DNet(keras.Model):
    """Three strided convolutions and a linear head (Greydanus and Kobak, MNIST-1D, 2020).

    Input (N, length, in_channels); output (N, num_classes): logits.
    """

    def __init__(self, in_channels: int = 1, channels: int = 25, num_classes: int = 10, length: int = 40):
        super().__init__()
        self.in_channels, self.length = in_channels, length
        self.pad = layers.ZeroPadding1D(1)
        self.conv1 = layers.Conv1D(channels, kernel_size=5, strides=2)
        self.conv2 = layers.Conv1D(channels, kernel_size=3, strides=2)
        self.conv3 = layers.Conv1D(channels, kernel_size=3, strides=2)
        self.flatten = layers.Flatten()
        self.fc = layers.Dense(num_classes)
        steps = (length - 3) // 2 + 1
        steps = (steps - 1) // 2 + 1
        steps = (steps - 1) // 2 + 1
        self.flattened = {"fc": (steps, channels)}

    def call(self, x: KerasTensor) -> KerasTensor:
        check_signal(x, self.in_channels, exactly=self.length)
        x = ops.relu(self.conv1(self.pad(x)))
        x = ops.relu(self.conv2(self.pad(x)))
        x = ops.relu(self.conv3(self.pad(x)))  # (N, length / 8, channels)
        return self.fc(self.flatten(x))
