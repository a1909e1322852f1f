"""Normalization, reconciled with PyTorch's definitions where Keras' own differ."""

import importlib
import math

import keras
from keras import KerasTensor, layers, ops

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


class UnbiasedBatchNormalization(layers.BatchNormalization):
    """Batch norm (Ioffe and Szegedy, 2015) whose running variance is of the population: divided by n − 1, not by n.

    Algorithm 2 of the paper asks for the unbiased estimate, and PyTorch keeps it. Keras keeps the biased one, which is
    (n − 1)/n as large, where n counts the values behind one channel's statistics: batch times positions. After three
    batches the running variance is off by up to 19 % where n is 4, by 2.5 % where n is 30 (``tests/models_keras``,
    ``layers_check.py``).
    Keras forms it inside its ``call``, so here the update is written out. Nor are sums on TensorFlow Keras' own there:
    see ``models_keras.backends.tensorflow.moments``.
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
        values = math.prod(ops.shape(inputs)[:-1])  # a tensor where the batch size is not known beforehand
        if isinstance(values, int) and values < 2:
            raise ValueError(f"batch norm in training needs more than 1 value per channel, got input {inputs.shape}")
        inputs = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))  # as Keras: bfloat16 is too short
        mean, variance = backend.moments(inputs)
        count = ops.cast(values, variance.dtype)  # a whole number: TensorFlow takes a Python fraction through float32
        unbiased = variance * (count / (count - 1))
        kept, added = self.momentum, 1 - self.momentum
        self.moving_mean.assign(kept * self.moving_mean + added * mean)
        self.moving_variance.assign(kept * self.moving_variance + added * unbiased)
        outputs = ops.batch_normalization(inputs, mean, variance, -1, self.beta, self.gamma, self.epsilon)
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self) -> dict[str, object]:
        """Return the arguments, ``momentum`` in the sense of this class."""
        return {**super().get_config(), "momentum": 1 - self.momentum}
