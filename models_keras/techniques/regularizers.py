"""Regularization: dropout, and penalties on the size of weights."""

from collections.abc import Iterable

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


class MaxNorm(keras.constraints.Constraint):
    """Shrinks what enters a unit to a Euclidean norm of at most ``most`` (Srivastava et al., 2014).

    Units are the axis ``unit`` of a kernel. Keras' own divides by the norm plus epsilon, and so shrinks a little what
    is short enough as well.
    """

    def __init__(self, most: float, unit: int):
        self.most, self.unit = np.float64(most), unit

    def __call__(self, w: KerasTensor) -> KerasTensor:
        """Return the kernel, shrunk."""
        w = ops.convert_to_tensor(w)  # it comes as a variable
        axes = [axis for axis in range(len(w.shape)) if axis != self.unit % len(w.shape)]
        norms = ops.sqrt(ops.sum(ops.square(w), axis=axes, keepdims=True))
        most = ops.convert_to_tensor(self.most, dtype=w.dtype)
        return ops.where(norms > most, w * (most / ops.maximum(norms, most)), w)


def regularize(kernels: Iterable[tuple[keras.Variable, int]], l1: float, l2: float, max_norm: float) -> None:
    """Hang penalties and a largest norm on kernels, where ``compute_loss`` and the optimizer look for them.

    Args:
        kernels: Each with the axis of its units.
        l1: λ₁ of ``make_penalty``.
        l2: λ₂ of ``make_penalty``.
        max_norm: 0 for none.
    """
    for kernel, unit in kernels:
        if l1 or l2:
            kernel.regularizer = make_penalty(l1, l2)
        if max_norm:
            kernel.constraint = MaxNorm(max_norm, unit)
