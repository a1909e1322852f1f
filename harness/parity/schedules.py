"""The schedule gate: the learning rate of every step or epoch, in both halves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.pair import Workers
from harness.run.process import WorkerFailure

if TYPE_CHECKING:
    from harness.contract import Array

REFERENCE = "torch"
BOUND = 1e-12

COSINES: Mapping[str, dict[str, Any]] = {
    "cosine": {"learning_rate": 0.1, "steps": 20, "count": 20},
    "cosine past its end": {"learning_rate": 0.1, "steps": 20, "count": 65},
    "cosine with a floor": {"learning_rate": 0.1, "steps": 7, "floor": 0.02, "count": 30},
}
PLATEAUS: Mapping[str, dict[str, Any]] = {
    "plateau": {"patience": 2},
    "plateau without patience": {"patience": 0, "factor": 0.5},
    "plateau, cooling down": {"patience": 1, "cooldown": 3, "factor": 0.5},
    "plateau to a floor": {"patience": 1, "floor": 2e-3},
    "plateau of a maximum": {"patience": 2, "mode": "max", "threshold": 1e-3},
}
EPOCHS = 60


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare every schedule of every arm with PyTorch's, in float64.

    Args:
        workers: The processes to use.
        arms: Whose halves to check; the reference and witnesses among them are skipped.
        seed: Of the metrics that a plateau is told of.

    Yields:
        A finding per schedule and arm: the largest error of a learning rate, relative to their root mean square.
    """
    metrics = {"metrics": progress(seed)}
    cases: list[tuple[str, str, dict[str, Array], dict[str, Any]]]
    cases = [(name, "cosine", {}, arguments) for name, arguments in COSINES.items()]
    cases += [(name, "plateau", metrics, {"learning_rate": 0.1} | arguments) for name, arguments in PLATEAUS.items()]
    for name, function, arrays, arguments in cases:
        theirs = _rates(workers, REFERENCE, function, arrays, arguments)
        for arm in arms:
            if arm == REFERENCE or registry.find_arm(arm).witness:
                continue
            try:
                ours = _rates(workers, arm, function, arrays, arguments)
            except WorkerFailure as failure:
                yield Finding(name, arm, "schedule", passed=False, where=str(failure))
                continue
            found = distance({"rates": ours}, {"rates": theirs}, BOUND)
            wrong = np.flatnonzero(np.abs(ours - theirs) > BOUND * np.sqrt(np.mean(theirs**2)))
            where = f"step {wrong[0]}" if found.first else None
            yield Finding(name, arm, "schedule", found.first is None, figure=found.error, bound=BOUND, where=where)


def progress(seed: int) -> Array:
    """Draw metrics (epochs,) with flat stretches, and steps either way of sizes on both sides of a usual threshold.

    They are near 0.01, where a share of 1e-4 and an absolute 1e-4 are far apart.
    """
    generator = np.random.default_rng([seed, 13])
    steps = generator.choice([0.0, 0.0, -1e-2, -1e-3, -5e-5, 1e-3, 1e-2], EPOCHS)
    return 0.01 * np.cumprod(1 + steps)


def _rates(workers: Workers, arm: str, function: str, arrays: Mapping[str, Array], arguments: dict[str, Any]) -> Array:
    return workers.exercise(arm, "fp64", "schedules", function, arrays, **arguments)["rates"]
