"""Pairs of handwritten digits, 1,438 + 359: are they the same digit? What a contrastive loss learns from."""

from __future__ import annotations

from benchmarks.datasets import digits
from benchmarks.datasets.preparation import assemble
from benchmarks.datasets.together import pairs, parts
from harness.contract import Dataset


def load() -> Dataset:
    """Return pairs (N, 2, 64) and whether they are alike, (N, 1), 0 or 1.

    Raises:
        DatasetUnavailable: If scikit-learn is not installed.
    """
    known = digits.read("digits_pairs")
    train, test = (pairs(*part) for part in parts(known))
    return assemble(
        name="digits_pairs",
        task="regression",
        x=(train[0], test[0]),
        y=(train[1], test[1]),
        source=f"{known.source}; each with a partner",
        licence=known.licence,
    )
