"""Handwritten digits of 8×8 pixels: 1,438 + 359 images, ten classes.

The test set of the UCI "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998), which scikit-learn
bundles: grey levels 0 to 16, each the number of dark pixels in a block of 4×4.
"""

from __future__ import annotations

from benchmarks.datasets.preparation import import_carrier, prepare
from harness.contract import Dataset


def load() -> Dataset:
    """Return images (N, 1, 8, 8), standardised with one mean and deviation.

    Raises:
        DatasetUnavailable: If scikit-learn is not installed.
    """
    return read("digits")


def read(dataset: str) -> Dataset:
    """Return the digits for a dataset that is made of them, which is named where they are missing."""
    datasets = import_carrier("sklearn.datasets", distribution="scikit-learn", dataset=dataset)
    raw = datasets.load_digits()
    return prepare(
        name="digits",
        task="classification",
        x=raw.images[:, None],
        y=raw.target,
        per_feature=False,
        source="scikit-learn, bundled: UCI Optical Recognition of Handwritten Digits, its test set",
        licence="CC BY 4.0",
    )
