"""Noise of ImageNet's shape, for speed only: 128 + 8 images of 3×224×224, a thousand classes.

Arithmetic takes as long on noise as on photographs; there is nothing to learn, so no accuracy is reported.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.preparation import assemble
from harness.contract import Dataset

SEED, TRAIN, TEST, CLASSES = 0, 128, 8, 1000


def load() -> Dataset:
    """Return images (N, 3, 224, 224) from N(0, 1) and uniform class indices, always the same."""
    random = np.random.RandomState(SEED)  # whose stream NumPy never changes (NEP 19)
    images = random.standard_normal((TRAIN + TEST, 3, 224, 224)).astype(np.float32)
    classes = random.randint(CLASSES, size=TRAIN + TEST)
    return assemble(
        name="synthetic_imagenet",
        task="classification",
        x=(images[:TRAIN], images[TRAIN:]),
        y=(classes[:TRAIN], classes[TRAIN:]),
        source="generated",
        licence="CC0-1.0",
        outputs=CLASSES,
    )
