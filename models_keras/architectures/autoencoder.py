"""Autoencoders: a network that is to give back its input through a narrow middle, the code."""

import math
from collections.abc import Sequence

import keras
from keras import KerasTensor, layers, ops

from models_keras.inputs import check_features, check_image
from models_keras.techniques.sampling import Sampling


class Autoencoder(keras.Model):
    """Dense encoder and its mirror image (Hinton and Salakhutdinov, 2006), with ReLU; code and output are linear.

    Input and output (N, in_features).

    Args:
        in_features: Width of input and output.
        hidden: Widths of the encoder's hidden layers; the decoder has them in reverse.
        latent: Width of the code.
    """

    def __init__(self, in_features: int = 784, hidden: Sequence[int] = (256, 128), latent: int = 32):
        super().__init__()
        self.in_features = in_features
        widths = [in_features, *hidden, latent]
        self.encoder = [layers.Dense(width) for width in widths[1:]]
        self.decoder = [layers.Dense(width) for width in widths[-2::-1]]

    def call(self, x: KerasTensor) -> KerasTensor:
        check_features(x, self.in_features)
        for part in (self.encoder, self.decoder):
            *hidden, last = part
            for layer in hidden:
                x = ops.relu(layer(x))
            x = last(x)
        return x


class ConvAutoencoder(keras.Model):
    """Two convolutions that halve the image, a linear code, and their mirror image of transposed convolutions.

    As Masci et al. (2011), with strides in place of pooling. Windows of 4 on strides of 2, padded by one pixel a side,
    map an even size to its half and back, and reach every pixel equally often. Input and output
    (N, size, size, in_channels); the output is linear.

    Args:
        in_channels: 3 for colour.
        channels: Of the larger map; the smaller one has twice as many.
        latent: Width of the code.
        size: Of a side, in pixels; 4 divides it.
    """

    def __init__(self, in_channels: int = 1, channels: int = 16, latent: int = 32, size: int = 28):
        super().__init__()
        self.in_channels, self.size = in_channels, size
        self.map = (size // 4, size // 4, 2 * channels)
        # "same" pads such a window by one pixel a side; a window of 3, or an odd size, on one side only.
        self.conv1 = layers.Conv2D(channels, kernel_size=4, strides=2, padding="same")
        self.conv2 = layers.Conv2D(2 * channels, kernel_size=4, strides=2, padding="same")
        self.flatten = layers.Flatten()
        self.fc1 = layers.Dense(latent)
        self.fc2 = layers.Dense(math.prod(self.map))
        self.deconv1 = layers.Conv2DTranspose(channels, kernel_size=4, strides=2, padding="same")
        self.deconv2 = layers.Conv2DTranspose(in_channels, kernel_size=4, strides=2, padding="same")
        self.flattened = {"fc1": self.map}
        self.unflattened = {"fc2": self.map}

    def call(self, x: KerasTensor) -> KerasTensor:
        check_image(x, self.in_channels, exactly=self.size)
        x = ops.relu(self.conv1(x))  # (N, size / 2, size / 2, channels)
        x = ops.relu(self.conv2(x))  # (N, size / 4, size / 4, 2 channels)
        code = self.fc1(self.flatten(x))
        x = ops.reshape(ops.relu(self.fc2(code)), (-1, *self.map))
        x = ops.relu(self.deconv1(x))
        return self.deconv2(x)


class VAE(keras.Model):
    """Variational autoencoder (Kingma and Welling, 2013, appendix C): the code is a normal distribution, and sampled.

    Input (N, in_features); output (N, in_features + 2 · latent): logits of Bernoulli pixels, then the mean and the log
    variance of the code, which the evidence lower bound needs. It samples in evaluation too: an expectation is asked.

    Args:
        in_features: Width of the input.
        hidden: Width of the one hidden layer of encoder and decoder.
        latent: Width of the code.
        noise: Scale of the sampling; 0 decodes the mean.
    """

    def __init__(self, in_features: int = 784, hidden: int = 500, latent: int = 20, noise: float = 1.0):
        super().__init__()
        self.in_features = in_features
        self.fc1 = layers.Dense(hidden)
        self.mean = layers.Dense(latent)
        self.log_variance = layers.Dense(latent)
        self.sampling = Sampling(noise)
        self.fc2 = layers.Dense(hidden)
        self.fc3 = layers.Dense(in_features)

    def call(self, x: KerasTensor) -> KerasTensor:
        check_features(x, self.in_features)
        x = ops.tanh(self.fc1(x))
        mean, log_variance = self.mean(x), self.log_variance(x)
        z = self.sampling(mean, log_variance)
        logits = self.fc3(ops.tanh(self.fc2(z)))
        return ops.concatenate([logits, mean, log_variance], axis=1)
