"""Pooling: one number for each window of a feature map."""

import keras
from keras import KerasTensor, layers, ops


class PaddedPooling(layers.Layer):
    """Pooling of a map padded alike on all sides, where Keras' "same" pads an even map on one side only.

    Averages are sums over what lies within the map divided by how many there are; maxima ignore the padding.
    """

    def __init__(self, kind: str, size: int, stride: int, padding: int):
        super().__init__()
        self.kind = kind
        self.pad = layers.ZeroPadding2D(padding)
        self.padding = padding
        self.pool = layers.MaxPooling2D(size, stride) if kind == "max" else layers.AveragePooling2D(size, stride)

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return the pooled map, (N, H, W, C)."""
        if self.kind == "max":
            widths = [(0, 0), (self.padding, self.padding), (self.padding, self.padding), (0, 0)]
            return self.pool(ops.pad(x, widths, constant_values=-float("inf")))
        within = ops.ones((1, *x.shape[1:3], 1), dtype=x.dtype)
        return self.pool(self.pad(x)) / self.pool(self.pad(within))


def make_pool(kind: str, size: int, stride: int, padding: int = 0) -> keras.Layer:
    """Return pooling over square windows of (N, H, W, C), padded alike on all sides.

    Args:
        kind: ``max``, or ``average`` over what lies within the map: padding does not count.
        size: Of a side of the window.
        stride: Between windows.
        padding: Rows and columns around the map, at most half a window.
    """
    if padding:
        return PaddedPooling(kind, size, stride, padding)
    return layers.MaxPooling2D(size, stride) if kind == "max" else layers.AveragePooling2D(size, stride)
