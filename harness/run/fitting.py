"""A classical model in its own process: fitted once to the training samples, then measured on the test set."""

from __future__ import annotations

import sys
import time
from typing import Any, Literal

from benchmarks.datasets.preparation import sha256
from harness.contract import Cell, ClassicalArm, Dataset, Task
from harness.matched import as_input
from harness.measure.evidence import Snapshot, foreign, pressure
from harness.metrics import METRICS
from harness.registry import FRAMEWORKS, find_baseline

MEASURES: dict[Task, Literal["accuracy", "r2"]] = {"classification": "accuracy", "regression": "r2"}


def fit(arm: ClassicalArm, cell: Cell, dataset: Dataset) -> dict[str, Any]:
    """Return what a model comes to, which settings were in force, and what the process had loaded and held.

    Networks are handed the same samples in their own shapes; here they are features in float64, ready before the clock
    starts.

    Raises:
        ValueError: If the model is none, or has no form for the dataset's task.
    """
    baseline = find_baseline(cell.baseline or "")
    measure = MEASURES.get(dataset.task)
    if measure is None or dataset.task not in baseline.estimators:
        raise ValueError(f"{baseline.name} does not learn {dataset.task}, the task of {dataset.name}")
    x, tests = (as_input(part, "features").astype("float64") for part in (dataset.x_train, dataset.x_test))
    model = arm.open(baseline.estimators[dataset.task], dataset.outputs, cell.seed)
    before = Snapshot.now()
    began = time.perf_counter_ns()
    model.fit(x, dataset.y_train)
    fitted = time.perf_counter_ns()
    after = Snapshot.now()
    ready = time.perf_counter_ns()
    outputs = model.predict(tests)
    predicted = time.perf_counter_ns()
    expected = (len(tests), dataset.outputs)
    if outputs.shape != expected:  # it would broadcast to a plausible figure
        raise ValueError(f"predictions of shape {outputs.shape}, not {expected}")
    arrays = {name: getattr(dataset, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    return {
        "measure": measure,
        "metric": METRICS[measure](outputs, dataset.y_test),
        "train_s": (fitted - began) / 1e9,
        "predict_s": (predicted - ready) / 1e9,
        "pressure": pressure(before, after),
        "foreign": foreign(before, after),
        "settings": model.settings(),
        "frameworks": sorted(FRAMEWORKS & sys.modules.keys()),
        "dataset_sha256": sha256(**arrays),
    }
