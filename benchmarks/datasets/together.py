"""Samples that belong together, drawn from a classification: pairs, and triplets of an anchor, one alike and one other.

Both parts of the split are drawn within themselves, so that no test sample was trained on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.contract import Dataset

if TYPE_CHECKING:
    from harness.contract import Array

SEED = 0


def parts(dataset: Dataset) -> list[tuple[Array, Array]]:
    """Return flat samples (N, F) and classes of the training part and of the test part."""
    arrays = (dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)
    return [(x.reshape(len(x), -1), y) for x, y in arrays]


def pairs(x: Array, classes: Array) -> tuple[Array, Array]:
    """Return each sample with a partner, (N, 2, F), and 1 if they are of one class, else 0, (N, 1): half of either."""
    generator = np.random.RandomState(SEED)  # its stream is frozen for good, as for splits
    alike = generator.permutation(np.arange(len(x)) % 2)
    partners = [_other(generator, classes, anchor, alike=bool(same)) for anchor, same in enumerate(alike)]
    return np.stack([x, x[partners]], axis=1), alike[:, np.newaxis].astype(np.float32)


def triplets(x: Array, classes: Array) -> tuple[Array, Array]:
    """Return each sample with another of its class and one of another, (N, 3, F); targets are zeros, (N, 1)."""
    generator = np.random.RandomState(SEED)
    near, far = (
        [_other(generator, classes, anchor, alike=alike) for anchor in range(len(x))] for alike in (True, False)
    )
    return np.stack([x, x[near], x[far]], axis=1), np.zeros((len(x), 1), np.float32)


def _other(generator: np.random.RandomState, classes: Array, anchor: int, *, alike: bool) -> int:
    """Draw another sample than ``anchor``, of its class or of any other."""
    fitting = np.flatnonzero((classes == classes[anchor]) == alike)
    return int(generator.choice(fitting[fitting != anchor]))
