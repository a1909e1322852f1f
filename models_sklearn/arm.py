"""scikit-learn's side of the contract. It computes in float64, but for trees, which compare features in float32."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
import threadpoolctl
from sklearn.base import is_classifier

from harness.contract import Estimator, Setup

if TYPE_CHECKING:
    from harness.contract import Array


class SklearnArm:
    """scikit-learn, with its thread pools, and those of its libraries, limited to the threads of the setup."""

    def __init__(self, setup: Setup) -> None:
        self._threads = setup.threads

    def open(self, estimator: Estimator, outputs: int, seed: int) -> SklearnModel:
        """Build a model for so many classes, or one number; see ``harness.contract.ClassicalArm``."""
        module, _, name = estimator.entry.partition(":")
        made = getattr(importlib.import_module(module), name)
        threadpoolctl.threadpool_limits(self._threads)  # of what the import has loaded by now
        further = ({"random_state": seed} if estimator.seeded else {}) | (
            {"n_jobs": self._threads} if estimator.parallel else {}
        )
        return SklearnModel(made(**estimator.settings, **further), outputs)


class SklearnModel:
    """One model to be fitted; see ``harness.contract.Classical``."""

    def __init__(self, model: Any, outputs: int) -> None:
        self._model = model
        self._outputs = outputs
        self._warnings: list[str] = []

    def fit(self, x: Array, y: Array) -> None:
        """Fit it to features (N, F) and classes (N,) or numbers (N, 1); what it warns of is kept for ``settings``."""
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            self._model.fit(x, y.reshape(len(y)))
        self._warnings = sorted({" ".join(str(warning.message).split()) for warning in raised})

    def predict(self, x: Array) -> Array:
        """Return for features (N, F) the class as a vector (N, outputs) of 0 and a single 1, or numbers (N, 1)."""
        predicted = self._model.predict(x)
        return np.eye(self._outputs)[predicted] if is_classifier(self._model) else predicted[:, np.newaxis]

    def settings(self) -> dict[str, Any]:
        """Return class and arguments as the model tells them, its iterations, warnings, thread pools and versions."""
        arguments = {name: value for name, value in self._model.get_params().items() if value != "deprecated"}
        told = {"iterations": int(np.max(done))} if (done := getattr(self._model, "n_iter_", None)) is not None else {}
        pools = threadpoolctl.threadpool_info()
        return {
            "model": type(self._model).__name__,
            "arguments": arguments,
            **told,
            **({"warnings": self._warnings} if self._warnings else {}),
            "threads": {
                kind: max(pool["num_threads"] for pool in pools if pool["user_api"] == kind)
                for kind in sorted({pool["user_api"] for pool in pools})
            },
            "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        }
