"""Normalization, reconciled with PyTorch's definitions where Keras' own differ."""

import math

from keras import KerasTensor, layers, ops


class UnbiasedBatchNormalization(layers.BatchNormalization):
    """Batch norm (Ioffe and Szegedy, 2015) whose running variance is of the population: divided by n − 1, not by n.

    Algorithm 2 of the paper asks for the unbiased estimate, and PyTorch keeps it. Keras keeps the biased one, which is
    (n − 1)/n as large, where n counts the values behind one channel's statistics: batch times positions.
    In training both normalize by the biased variance, so only evaluation differs.

    Args:
        momentum: Weight of the *new* batch, as in PyTorch. Keras' argument is the weight of the old value.
        epsilon: Added to the variance. Keras' default is 1e-3.
    """

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5, **options: object):
        super().__init__(momentum=1 - momentum, epsilon=epsilon, **options)

    def call(self, inputs: KerasTensor, training: bool | None = None) -> KerasTensor:
        """Normalize (N, ..., channels); in training by the batch's statistics, which enter the running ones.

        Raises:
            ValueError: If a training batch gives one value per channel, which has no unbiased variance.
        """
        if not (training and self.trainable):
            return super().call(inputs, training=False)
        values = math.prod(ops.shape(inputs)[:-1])
        if isinstance(values, int) and values < 2:
            raise ValueError(f"batch norm in training needs more than 1 value per channel, got input {inputs.shape}")
        kept = self.moving_variance * self.momentum
        outputs = super().call(inputs, training=True)
        biased_share = self.moving_variance - kept  # momentum × biased variance; n/(n − 1) of it is the unbiased
        self.moving_variance.assign_add(biased_share / ops.cast(values - 1, biased_share.dtype))
        return outputs

    def get_config(self) -> dict[str, object]:
        """Return the arguments, ``momentum`` in the sense of this class."""
        return {**super().get_config(), "momentum": 1 - self.momentum}
