"""Progression of diabetes one year on: 354 + 88 patients, ten measurements, one target.

Efron, Hastie, Johnstone & Tibshirani 2004, "Least Angle Regression": age, sex, body mass index, blood pressure and
six serum values.
"""

from __future__ import annotations

from benchmarks.datasets.preparation import import_carrier, prepare
from harness.contract import Dataset


def load() -> Dataset:
    """Return features (N, 10) and targets (N, 1), each column standardised on its own.

    The split is stratified by the deciles of the target.

    Raises:
        DatasetUnavailable: If scikit-learn is not installed.
    """
    datasets = import_carrier("sklearn.datasets", distribution="scikit-learn", dataset="diabetes")
    # The default is scaled with the statistics of all samples. Standardising undoes that, but only up to rounding.
    raw = datasets.load_diabetes(scaled=False)
    return prepare(
        name="diabetes",
        task="regression",
        x=raw.data,
        y=raw.target,
        per_feature=True,
        source="scikit-learn, bundled: the diabetes study of Efron et al. 2004",
        licence="none stated by its authors; distributed with scikit-learn (BSD-3-Clause)",
    )
