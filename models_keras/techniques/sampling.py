"""Layers that draw at random in training and in evaluation."""

import keras
from keras import KerasTensor, layers, ops


class Sampling(layers.Layer):
    """A sample of N(mean, σ²) through which gradients flow: mean + noise · σ · ε, with ε of N(0, 1) for each element.

    The reparameterisation of Kingma and Welling (2013), section 2.4; ε is new at every call. Mean, log variance
    (log σ²) and output are (N, latent).

    Args:
        noise: Scale of what is drawn: 1 samples the distribution, 0 returns its mean.
    """

    def __init__(self, noise: float = 1.0):
        super().__init__()
        self.noise = noise
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, mean: KerasTensor, log_variance: KerasTensor) -> KerasTensor:
        """Draw, (N, latent)."""
        epsilon = keras.random.normal(ops.shape(mean), dtype=self.compute_dtype, seed=self.seed_generator)
        return mean + self.noise * ops.exp(log_variance / 2) * epsilon
