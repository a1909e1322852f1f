"""The schedule gate: the learning rate of every step or epoch, as it is applied, in both halves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.contract import Precision, Schedule
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.workers import Workers
from harness.run.process import WorkerFailure

if TYPE_CHECKING:
    from harness.contract import Array

BOUNDS: Mapping[Precision, float] = {"fp64": 1e-12, "fp32": 1e-6}
FINDER_BOUND = 1e-8
"""Of losses: the steps of a finder add up."""

PEAK = 0.1

SCHEDULES: Mapping[str, tuple[Schedule, int]] = {
    "step": (Schedule("step", steps=7, factor=0.5), 40),
    "exponential": (Schedule("exponential", factor=0.9), 60),
    "cosine": (Schedule("cosine", steps=20), 20),
    "cosine past its end": (Schedule("cosine", steps=20), 65),
    "cosine with a floor": (Schedule("cosine", steps=7, floor=0.02), 30),
    "cosine restarts": (Schedule("cosine_restarts", steps=41), 130),  # where Keras' own is at the floor for a step
    "cosine restarts, growing": (Schedule("cosine_restarts", steps=5, growth=2, floor=0.01), 80),
    "warmup": (Schedule("warmup", steps=10, factor=0.1), 25),
    "one cycle": (Schedule("one_cycle", steps=40), 50),
    "one cycle, low": (Schedule("one_cycle", steps=30, share=0.5, rise=10, fall=100), 30),
    "polynomial": (Schedule("polynomial", steps=20), 25),
    "polynomial, squared": (Schedule("polynomial", steps=20, power=2), 25),
}
"""Each with how many steps to look at; past the end."""

ACCUMULATION = 2
ACCUMULATED = "cosine"
"""Which of them is also asked about where gradients are accumulated: a schedule counts steps, not their parts."""

PLATEAUS: Mapping[str, dict[str, Any]] = {
    "plateau": {"patience": 2},
    "plateau without patience": {"patience": 0, "factor": 0.5},
    "plateau, cooling down": {"patience": 1, "cooldown": 3, "factor": 0.5},
    "plateau to a floor": {"patience": 1, "floor": 2e-3},
    "plateau of a maximum": {"patience": 2, "mode": "max", "threshold": 1e-3},
}
EPOCHS = 60

FINDER = {"lowest": 1e-3, "highest": 10.0, "steps": 40}


@dataclasses.dataclass(frozen=True)
class Case:
    """One function of the halves' exercises with its arguments, and how near its arrays have to be."""

    name: str
    precision: Precision
    function: str
    arrays: Mapping[str, Array]
    arguments: Mapping[str, Any]
    bounds: Mapping[str, float]


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare every schedule of every arm with PyTorch's: in float64, then in float32 with PyTorch's in float64.

    Args:
        workers: The processes to use.
        arms: Whose halves to check; the reference and witnesses among them are skipped.
        seed: Of the metrics that a plateau is told of, and of what the finder trains on.

    Yields:
        A finding per precision, schedule and arm: the largest error of a learning rate (of the finder, or a loss),
        relative to their root mean square.
    """
    for case in cases(seed):
        exact = {name: array.astype(np.float64) for name, array in case.arrays.items()}
        theirs = _run(workers, workers.reference, dataclasses.replace(case, precision="fp64", arrays=exact))
        for arm in arms:
            if arm == workers.reference or registry.find_arm(arm).witness:
                continue
            try:
                ours = _run(workers, arm, case)
            except WorkerFailure as failure:
                yield Finding(case.name, arm, f"schedule {case.precision}", passed=False, where=str(failure))
                continue
            yield compare(case, arm, ours, theirs)


def cases(seed: int) -> Iterator[Case]:
    """Yield everything that is compared."""
    for precision, bound in BOUNDS.items():
        gradient = {"gradient": np.array([-1.0], np.float64 if precision == "fp64" else np.float32)}
        for name, (schedule, count) in SCHEDULES.items():
            given = {"schedule": dataclasses.asdict(schedule), "learning_rate": PEAK, "count": count}
            yield Case(name, precision, "applied", gradient, given, {"rates": bound})
            if name == ACCUMULATED:
                given |= {"accumulation": ACCUMULATION}
                yield Case(f"{name}, accumulating", precision, "applied", gradient, given, {"rates": bound})
    metrics = {"metrics": progress(seed)}
    for name, arguments in PLATEAUS.items():
        given = {"learning_rate": PEAK} | arguments
        yield Case(name, "fp64", "plateau", metrics, given, {"rates": BOUNDS["fp64"]})
    bounds = {"rates": BOUNDS["fp64"], "losses": FINDER_BOUND}
    yield Case("finder", "fp64", "finder", regression(seed), FINDER, bounds)


def compare(case: Case, arm: str, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> Finding:
    """Compare what two halves returned, and name the first step at which they differ."""
    worst, where = 0.0, None
    for name, bound in case.bounds.items():
        found = distance({name: ours[name]}, {name: theirs[name]}, bound)
        worst = max(worst, found.error)
        if where is None and found.first:
            apart = ours[name].shape == theirs[name].shape
            wrong = np.flatnonzero(~(np.abs(ours[name] - theirs[name]) <= bound * np.sqrt(np.mean(theirs[name] ** 2))))
            where = f"step {wrong[0]}" if apart else f"step {min(len(ours[name]), len(theirs[name]))}"
    gate = f"schedule {case.precision}"
    return Finding(case.name, arm, gate, where is None, figure=worst, bound=max(case.bounds.values()), where=where)


def progress(seed: int) -> Array:
    """Draw metrics (epochs,) with flat stretches, and steps either way of sizes on both sides of a usual threshold.

    They are near 0.01, where a share of 1e-4 and an absolute 1e-4 are far apart.
    """
    generator = np.random.default_rng([seed, 13])
    steps = generator.choice([0.0, 0.0, -1e-2, -1e-3, -5e-5, 1e-3, 1e-2], EPOCHS)
    return 0.01 * np.cumprod(1 + steps)


def regression(seed: int) -> dict[str, Array]:
    """Draw batches of a linear regression, and weights to begin with."""
    generator = np.random.default_rng([seed, 14])
    x = generator.normal(size=(3, 16, 5))
    noise = generator.normal(scale=0.1, size=(3, 16, 1))
    return {"weight": generator.normal(size=(1, 5)), "x": x, "y": x.sum(-1, keepdims=True) + noise}


def _run(workers: Workers, arm: str, case: Case) -> dict[str, Array]:
    return workers.exercise(arm, case.precision, "schedules", case.function, case.arrays, **case.arguments)
