"""Regularization by layers."""

from torch import nn


def make_dropout(rate: float) -> nn.Module:
    """Return inverted dropout (Srivastava et al., 2014): in training each element is 0 with probability ``rate``.

    The others are divided by 1 − rate, so that expectations stay. The mask is new at every call and its elements are
    independent, also across the samples of a batch. In evaluation the layer is the identity.
    """
    return nn.Dropout(rate)
