"""MNIST-1D: 4,000 + 1,000 sequences of 40 values, ten classes (Greydanus & Kobak 2024, "Scaling Down Deep Learning").

Twelve-point templates of the digits, padded, stretched, moved, sheared and made noisy, so that a linear model, an MLP,
a CNN and a GRU are far apart: 32, 68, 94 and 91 % in the paper's repository.

Deliberate exception: split and scaling are the authors' own, so that these figures compare with the published ones.
They standardise over all 5,000 samples, the test set included, and do not stratify.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from benchmarks.datasets.preparation import assemble, import_carrier
from harness.contract import Dataset


def load() -> Dataset:
    """Return sequences (N, 40), generated with the authors' arguments and seed.

    Raises:
        DatasetUnavailable: If mnist1d or something it imports is not installed.
    """
    authors = import_carrier("mnist1d.data", distribution="mnist1d", dataset="mnist1d")
    with _global_generators_untouched():
        raw = authors.make_dataset(authors.get_dataset_args())
    return assemble(
        name="mnist1d",
        task="classification",
        x=(raw["x"], raw["x_test"]),
        y=(raw["y"], raw["y_test"]),
        source="mnist1d, generated with its default arguments: identical to the paper's data",
        licence="Apache-2.0",
    )


@contextlib.contextmanager
def _global_generators_untouched() -> Iterator[None]:
    """Put back the global generators of Python and NumPy, which the package seeds."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
