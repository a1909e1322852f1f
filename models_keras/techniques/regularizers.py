"""Regularization: dropout, and penalties on the size of weights."""

import keras
import numpy as np
from keras import KerasTensor, layers, ops


def make_dropout(rate: float) -> layers.Layer:
    """Return inverted dropout (Srivastava et al., 2014): in training each element is 0 with probability ``rate``.

    The others are divided by 1 − rate, so that expectations stay. The mask is new at every call and its elements are
    independent, also across the samples of a batch. In evaluation the layer is the identity.
    """
    return layers.Dropout(rate)


class ElasticNet(keras.regularizers.Regularizer):
    """λ₁ Σ|w| + λ₂ Σw², with derivative 0 of |w| at 0: in JAX the absolute value has derivative 1 there.

    Keras' own ``L1L2`` lets its coefficients go through float32 on TensorFlow.
    """

    def __init__(self, l1: float, l2: float):
        self.l1, self.l2 = np.float64(l1), np.float64(l2)

    def __call__(self, x: KerasTensor) -> KerasTensor:
        """Return the penalty, a scalar."""
        l1, l2 = (ops.convert_to_tensor(number, dtype=x.dtype) for number in (self.l1, self.l2))
        return l1 * ops.sum(x * ops.stop_gradient(ops.sign(x))) + l2 * ops.sum(ops.square(x))


def make_penalty(l1: float = 0.0, l2: float = 0.0) -> keras.regularizers.Regularizer:
    """Return λ₁ Σ|w| + λ₂ Σw² of a weight, to be added to the loss: the lasso, ridge, or with both the elastic net.

    λ₂ has no ½ before it: it is a coupled weight decay of 2λ₂. The derivative of |w| at 0 is 0.
    """
    return ElasticNet(l1, l2)
