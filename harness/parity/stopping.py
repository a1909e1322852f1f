"""Gate "stopping": early stopping on hand-made curves stops after the same epoch in every arm, and restores the same.

What is trained is a network of one number, the number of the epoch; what it holds at the end tells what was restored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness import registry
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.workers import Workers

CURVES: Mapping[str, Sequence[float]] = {
    "falling": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
    "rising at once": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "a valley": [0.9, 0.7, 0.6, 0.61, 0.62, 0.63, 0.64, 0.3],
    "a plateau": [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4],
    "slow progress": [0.9, 0.895, 0.89, 0.885, 0.88, 0.875, 0.87],
    "ups and downs": [0.9, 0.95, 0.85, 0.9, 0.86, 0.835, 0.9, 0.91, 0.92, 0.1],
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "patience 1": {"patience": 1},
    "patience 3": {"patience": 3},
    "patience 3, min_delta": {"patience": 3, "min_delta": 0.012},
    "patience 2, restored": {"patience": 2, "restore_best": True},
    "patience 3, min_delta, restored": {"patience": 3, "min_delta": 0.012, "restore_best": True},
}


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare the epoch at which every arm stops, and what it holds then, with the reference's, on all curves."""
    curves = {name: np.array(losses) for name, losses in CURVES.items()}
    for title, options in OPTIONS.items():
        expected = workers.exercise(workers.reference, "fp64", "early_stopping", "stop", curves, **options)
        for arm in arms:
            if registry.find_arm(arm).witness:
                continue
            found = workers.exercise(arm, "fp64", "early_stopping", "stop", curves, **options)
            apart = distance(found, expected, 0.0)
            yield Finding(
                f"early stopping · {title}", arm, "stopping", apart.first is None, apart.error, 0.0, apart.first
            )
