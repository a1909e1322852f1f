"""Autoencoders: a network that is to give back its input through a narrow middle, the code."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_torch.inputs import check_features, check_image
from models_torch.techniques.sampling import Sampling


class Autoencoder(nn.Module):
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
        self.encoder = nn.ModuleList(nn.Linear(*ends) for ends in pairwise(widths))
        self.decoder = nn.ModuleList(nn.Linear(*ends) for ends in pairwise(widths[::-1]))

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.in_features)
        for part in (self.encoder, self.decoder):
            *hidden, last = part
            for layer in hidden:
                x = F.relu(layer(x))
            x = last(x)
        return x


class ConvAutoencoder(nn.Module):
    """Two convolutions that halve the image, a linear code, and their mirror image of transposed convolutions.

    As Masci et al. (2011), with strides in place of pooling. Windows of 4 on strides of 2, padded by one pixel a side,
    map an even size to its half and back, and reach every pixel equally often. Input and output
    (N, in_channels, size, size); the output is linear.

    Args:
        in_channels: 3 for colour.
        channels: Of the larger map; the smaller one has twice as many.
        latent: Width of the code.
        size: Of a side, in pixels; 4 divides it.
    """

    def __init__(self, in_channels: int = 1, channels: int = 16, latent: int = 32, size: int = 28):
        super().__init__()
        self.in_channels, self.size = in_channels, size
        self.map = (2 * channels, size // 4, size // 4)
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(channels, 2 * channels, kernel_size=4, stride=2, padding=1)
        self.fc1 = nn.Linear(math.prod(self.map), latent)
        self.fc2 = nn.Linear(latent, math.prod(self.map))
        self.deconv1 = nn.ConvTranspose2d(2 * channels, channels, kernel_size=4, stride=2, padding=1)
        self.deconv2 = nn.ConvTranspose2d(channels, in_channels, kernel_size=4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels, exactly=self.size)
        x = F.relu(self.conv1(x))  # (N, channels, size / 2, size / 2)
        x = F.relu(self.conv2(x))  # (N, 2 channels, size / 4, size / 4)
        code = self.fc1(x.flatten(1))
        x = F.relu(self.fc2(code)).unflatten(1, self.map)
        x = F.relu(self.deconv1(x))
        return self.deconv2(x)


class VAE(nn.Module):
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
        self.fc1 = nn.Linear(in_features, hidden)
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)
        self.sampling = Sampling(noise)
        self.fc2 = nn.Linear(latent, hidden)
        self.fc3 = nn.Linear(hidden, in_features)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.in_features)
        x = F.tanh(self.fc1(x))
        mean, log_variance = self.mean(x), self.log_variance(x)
        z = self.sampling(mean, log_variance)
        logits = self.fc3(F.tanh(self.fc2(z)))
        return torch.cat([logits, mean, log_variance], dim=1)
