"""Layers that draw at random in training and in evaluation."""

import torch
from torch import Tensor, nn


class Sampling(nn.Module):
    """A sample of N(mean, σ²) through which gradients flow: mean + noise · σ · ε, with ε of N(0, 1) for each element.

    The reparameterisation of Kingma and Welling (2013), section 2.4; ε is new at every call. Mean, log variance
    (log σ²) and output are (N, latent).

    Args:
        noise: Scale of what is drawn: 1 samples the distribution, 0 returns its mean.
    """

    def __init__(self, noise: float = 1.0):
        super().__init__()
        self.noise = noise

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Draw, (N, latent)."""
        epsilon = torch.randn_like(mean)
        return mean + self.noise * torch.exp(log_variance / 2) * epsilon
