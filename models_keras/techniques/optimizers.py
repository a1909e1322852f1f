"""Optimizers, reconciled with PyTorch's definitions where Keras' own differ."""

import functools
import math

import keras
import numpy as np
from keras import KerasTensor, ops

from harness.contract import Optimizer


class CanonicalEpsilon:
    """Makes Keras' Adam add epsilon to the root of the *corrected* second moment (Kingma and Ba, 2015, algorithm 1).

    Keras adds it to the uncorrected root (the paper's "epsilon hat"), which at step t acts like an epsilon
    1/√(1 − β₂ᵗ) times as large: 31.6 times at the first step. With gradients near 1e-6 that alone shortens the
    first step to 40 %, and no constant epsilon makes the two equal. Only epsilon's value changes here.
    """

    @property
    def epsilon(self) -> KerasTensor | float:
        """The constant that, added to the uncorrected root, acts like the canonical epsilon at this step."""
        if keras.config.backend() == "torch":  # eager: a number costs less than tensor operations (5 % of a step)
            return self._epsilon * math.sqrt(1 - self.beta_2 ** (int(self.iterations.value) + 1))
        dtype = self._momentums[0].dtype
        step = ops.cast(self.iterations + 1, dtype)
        return self._epsilon * ops.sqrt(1 - ops.power(ops.cast(self.beta_2, dtype), step))

    @epsilon.setter
    def epsilon(self, value: float) -> None:
        self._epsilon = value


@functools.cache
def _adam() -> type[keras.Optimizer]:
    # On the torch backend Keras replaces its Adam by a subclass that updates all variables at once; deriving from
    # whichever class it puts in use keeps that speed. Looked up late, because an optimizer starts the backend.
    return type("Adam", (CanonicalEpsilon, type(keras.optimizers.Adam())), {"__module__": __name__})


def make_optimizer(spec: Optimizer) -> keras.Optimizer:
    """Return the optimizer that ``spec`` names. With a constant learning rate Keras' SGD is PyTorch's.

    In float64 coefficients are NumPy scalars, because TensorFlow takes a Python float for a float32 before Keras casts
    it: .9 would be .89999998. In float32 they must be Python floats, or TensorFlow computes the update in float64.
    """
    number = np.float64 if keras.config.floatx() == "float64" else float
    if spec.name == "sgd":
        return keras.optimizers.SGD(spec.learning_rate, momentum=number(spec.momentum))
    return _adam()(spec.learning_rate, beta_1=number(spec.beta_1), beta_2=number(spec.beta_2), epsilon=spec.epsilon)
