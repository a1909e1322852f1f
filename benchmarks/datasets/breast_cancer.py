"""Breast Cancer Wisconsin (Diagnostic): 455 + 114 tumours, 30 measurements, malignant (0) or benign (1).

Street, Wolberg & Mangasarian 1993: mean, standard error and worst value of ten properties of the cell nuclei in an
image of a fine needle aspirate.
"""

from __future__ import annotations

from benchmarks.datasets.preparation import import_carrier, prepare
from harness.contract import Dataset


def load() -> Dataset:
    """Return features (N, 30), each standardised on its own.

    Raises:
        DatasetUnavailable: If scikit-learn is not installed.
    """
    datasets = import_carrier("sklearn.datasets", distribution="scikit-learn", dataset="breast_cancer")
    raw = datasets.load_breast_cancer()
    return prepare(
        name="breast_cancer",
        task="classification",
        x=raw.data,
        y=raw.target,
        per_feature=True,
        source="scikit-learn, bundled: UCI Breast Cancer Wisconsin (Diagnostic)",
        licence="CC BY 4.0",
    )
