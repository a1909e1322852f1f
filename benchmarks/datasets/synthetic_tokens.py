"""Random ids, for speed only: 512 + 64 sequences of 128 tokens from BERT's vocabulary of 30,522.

The next id is the target. There is nothing to learn, so no accuracy is reported.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.preparation import assemble
from harness.contract import Dataset

SEED, TRAIN, TEST, LENGTH, VOCABULARY = 0, 512, 64, 128, 30_522


def load() -> Dataset:
    """Return ids (N, 128), uniform from 1 on (0 is padding), and the ids that follow, always the same."""
    random = np.random.RandomState(SEED)  # whose stream NumPy never changes (NEP 19)
    ids = random.randint(1, VOCABULARY, size=(TRAIN + TEST, LENGTH + 1))
    x, y = ids[:, :-1], ids[:, 1:]
    return assemble(
        name="synthetic_tokens",
        task="language",
        x=(x[:TRAIN], x[TRAIN:]),
        y=(y[:TRAIN], y[TRAIN:]),
        source="generated",
        licence="CC0-1.0",
        outputs=VOCABULARY,
    )
