"""Triplets of handwritten digits, 1,438 + 359: which of two is the same digit? What a triplet loss learns from."""

from __future__ import annotations

from benchmarks.datasets import digits
from benchmarks.datasets.preparation import assemble
from benchmarks.datasets.together import parts, triplets
from harness.contract import Dataset


def load() -> Dataset:
    """Return an anchor, one alike and one other, (N, 3, 64); targets are zeros, (N, 1), for their order tells all.

    Raises:
        DatasetUnavailable: If scikit-learn is not installed.
    """
    known = digits.read("digits_triplets")
    train, test = (triplets(*part) for part in parts(known))
    return assemble(
        name="digits_triplets",
        task="regression",
        x=(train[0], test[0]),
        y=(train[1], test[1]),
        source=f"{known.source}; each with one alike and one other",
        licence=known.licence,
    )
