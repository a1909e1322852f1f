"""Random ids with a class, for speed only: 512 + 64 texts of 128 tokens from BERT's vocabulary of 30,522.

What a classifier of sentences is fed; ``synthetic_tokens`` asks for the next token instead. There is nothing to learn,
so no accuracy is reported.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.preparation import assemble
from harness.contract import Dataset

SEED, TRAIN, TEST, LENGTH, VOCABULARY, CLASSES = 1, 512, 64, 128, 30_522, 2


def load() -> Dataset:
    """Return ids (N, 128), uniform from 1 on (0 is padding), and uniform class indices, always the same."""
    random = np.random.RandomState(SEED)  # whose stream NumPy never changes (NEP 19)
    ids = random.randint(1, VOCABULARY, size=(TRAIN + TEST, LENGTH))
    classes = random.randint(CLASSES, size=TRAIN + TEST)
    return assemble(
        name="synthetic_texts",
        task="classification",
        x=(ids[:TRAIN], ids[TRAIN:]),
        y=(classes[:TRAIN], classes[TRAIN:]),
        source="generated",
        licence="CC0-1.0",
        outputs=CLASSES,
    )
