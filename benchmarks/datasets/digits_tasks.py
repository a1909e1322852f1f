"""Handwritten digits with two things to tell of each: which digit it is, and the picture itself. 1,438 + 359."""

from __future__ import annotations

import numpy as np

from benchmarks.datasets import digits
from benchmarks.datasets.preparation import assemble
from harness.contract import Dataset


def load() -> Dataset:
    """Return images (N, 1, 8, 8); targets (N, 10 + 64): 1 for the class and 0 for the others, then the pixels.

    Raises:
        DatasetUnavailable: If scikit-learn is not installed.
    """
    known = digits.read("digits_tasks")
    parts = (known.x_train, known.y_train), (known.x_test, known.y_test)
    train, test = (
        np.concatenate([np.eye(known.outputs, dtype=np.float32)[y], x.reshape(len(x), -1)], axis=1) for x, y in parts
    )
    return assemble(
        name="digits_tasks",
        task="regression",
        x=(known.x_train, known.x_test),
        y=(train, test),
        source=known.source,
        licence=known.licence,
    )
