"""Pooling: one number for each window of a feature map."""

from torch import nn


def make_pool(kind: str, size: int, stride: int, padding: int = 0) -> nn.Module:
    """Return pooling over square windows of (N, C, H, W), padded alike on all sides.

    Args:
        kind: ``max``, or ``average`` over what lies within the map: padding does not count.
        size: Of a side of the window.
        stride: Between windows.
        padding: Rows and columns around the map, at most half a window.
    """
    if kind == "max":
        return nn.MaxPool2d(size, stride, padding)
    return nn.AvgPool2d(size, stride, padding, count_include_pad=False)
