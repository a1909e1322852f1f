"""From raw samples to a Dataset: the fixed split, the standardisation, the hash."""

from __future__ import annotations

import hashlib
import importlib
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from harness.contract import Dataset, Task

if TYPE_CHECKING:
    from harness.contract import Array

TEST_ONE_IN = 5
SPLIT_SEED = 0


class DatasetUnavailable(RuntimeError):
    """The distribution that carries a dataset's samples is not there, or does not hold them."""

    def __init__(self, dataset: str, distribution: str, reason: str, remedy: str = "") -> None:
        super().__init__(
            f"dataset '{dataset}' is carried by the distribution '{distribution}', which cannot be used: {reason}. "
            + (remedy or f"Install it with: python -m pip install {distribution}")
        )


def import_carrier(module: str, *, distribution: str, dataset: str) -> ModuleType:
    """Import the module that carries a dataset: only when it is loaded, since listing datasets must be quick.

    Raises:
        DatasetUnavailable: If the module, or one that it needs, is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DatasetUnavailable(dataset, distribution, str(error)) from error


def stratified_split(strata: Array) -> tuple[Array, Array]:
    """Split samples four to one, in every stratum alike.

    Each stratum gives its share of the test set rounded down; what is missing to the rounded total comes from the
    strata with the largest remainders. Both parts are in random order, so that training without shuffling is sound
    for a source that is sorted by class.

    Args:
        strata: (N,) the stratum of each sample: its class, or the quantile of its target.

    Returns:
        Indices of the training samples and of the test samples.
    """
    # RandomState, not Generator: NumPy freezes its stream for good (NEP 19), and a split must outlive upgrades.
    random = np.random.RandomState(SPLIT_SEED)
    order = random.permutation(len(strata))
    values, counts = np.unique(strata, return_counts=True)
    taken, remainder = np.divmod(counts, TEST_ONE_IN)
    missing = round(len(strata) / TEST_ONE_IN) - int(taken.sum())
    taken[np.argsort(-remainder, kind="stable")[:missing]] += 1

    in_test = np.zeros(len(strata), dtype=bool)
    for value, count in zip(values, taken, strict=True):
        members = order[strata[order] == value]
        in_test[members[:count]] = True
    # Drawn anew: in what is left of ``order``, the strata that gave their share first would come first.
    return random.permutation(np.flatnonzero(~in_test)), random.permutation(np.flatnonzero(in_test))


def quantile_strata(targets: Array, bins: int = 10) -> Array:
    """Return for each of the (N,) targets which of ``bins`` equally filled intervals holds it, from 0."""
    edges = np.quantile(targets, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, targets, side="right")


def standardise(train: Array, test: Array, *, per_feature: bool) -> tuple[Array, Array]:
    """Shift and scale both parts by the mean and the (population) standard deviation of the training part.

    Args:
        train: (N, ...) training values.
        test: (M, ...) test values.
        per_feature: One mean and deviation for each column of a table; otherwise one of each for all pixels, which
            keeps their relative brightness. A feature that is constant in ``train`` is shifted, not scaled.
    """
    axis = 0 if per_feature else None
    mean, deviation = train.mean(axis), train.std(axis)
    # A constant column of 0.1 has a deviation of 1e-17, not 0: rounding of the mean. The range tells exactly.
    scale = np.where(np.ptp(train, axis) > 0, deviation, 1.0)
    return (train - mean) / scale, (test - mean) / scale


def sha256(**arrays: Array) -> str:
    """Return the SHA-256 over the arrays in the order given: each one's name, shape, dtype and bytes."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.shape} {array.dtype.str}\n".encode())
        digest.update(np.ascontiguousarray(array).data)  # a copy of MNIST-5k would cost each cell some milliseconds
    return digest.hexdigest()


def assemble(
    *,
    name: str,
    task: Task,
    x: tuple[Array, Array],
    y: tuple[Array, Array],
    source: str,
    licence: str,
    outputs: int | None = None,
) -> Dataset:
    """Give arrays that are split and scaled their final types, int64 for ids and classes, and hash them.

    Args:
        name: Name of the dataset's module.
        task: What the targets are.
        x: Training and test inputs, (N, ...) each: real numbers, or integer ids.
        y: Training and test class indices, integers (N, ...), or real targets (N, channels, ...).
        source: Where the samples come from.
        licence: Under which terms.
        outputs: Number of classes or size of the vocabulary, where the training targets need not hold them all.
    """
    parts = {"x_train": x[0], "y_train": y[0], "x_test": x[1], "y_test": y[1]}
    arrays = {
        part: np.ascontiguousarray(array, dtype=np.int64 if array.dtype.kind in "iu" else np.float32)
        for part, array in parts.items()
    }
    if outputs is None:
        classes = arrays["y_train"].dtype.kind == "i"
        outputs = len(np.unique(arrays["y_train"])) if classes else arrays["y_train"].shape[1]
    return Dataset(
        name=name, task=task, **arrays, outputs=outputs, source=source, licence=licence, sha256=sha256(**arrays)
    )


def prepare(*, name: str, task: Task, x: Array, y: Array, per_feature: bool, source: str, licence: str) -> Dataset:
    """Split, standardise and assemble.

    Args:
        name: Name of the dataset's module.
        task: Classes are split by class, targets by decile; targets are standardised like a feature.
        x: (N, ...) raw inputs.
        y: (N,) class indices or targets.
        per_feature: As for ``standardise``.
        source: Where the samples come from.
        licence: Under which terms.
    """
    train, test = stratified_split(y if task == "classification" else quantile_strata(y))
    targets = (y[train], y[test])
    if task == "regression":
        targets = standardise(y[train, None], y[test, None], per_feature=True)
    return assemble(
        name=name,
        task=task,
        x=standardise(x[train], x[test], per_feature=per_feature),
        y=targets,
        source=source,
        licence=licence,
    )
