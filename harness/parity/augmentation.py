"""The gate "augmentation": the same parameters make the same pictures of the same batch, in every arm.

In float64 against the reference's, then in float32 against the reference's in float64. The parameters are drawn as for
training (``harness.parity.draws`` tests them), only more strongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.techniques.augmentation import draw
from harness import registry
from harness.contract import Precision
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.workers import Workers
from harness.run.process import WorkerFailure

if TYPE_CHECKING:
    from harness.contract import Array

BOUNDS: Mapping[Precision, float] = {"fp64": 1e-10, "fp32": 1e-5}
SAMPLES, CLASSES = 7, 5
IMAGE, SIGNAL = (SAMPLES, 3, 12, 9), (SAMPLES, 3, 20)
"""Canonical shapes in which no two lengths are the same."""


@dataclass(frozen=True)
class Case:
    """One technique.

    Attributes:
        name: Of its draws, and of its function in the halves.
        drawn: Options of the draws.
        given: Options of the halves.
        mixes: Whether it mixes targets too.
        shape: Of the batch.
    """

    name: str
    drawn: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    mixes: bool = False
    shape: tuple[int, ...] = IMAGE

    @property
    def title(self) -> str:
        """What a finding calls it."""
        return f"{self.name} of signals" if self.name == "noise" and self.shape == SIGNAL else self.name


CASES = (
    Case("flip"),
    Case("shift", {"most": 4}),
    Case("shift_signal", {"most": 6}, shape=SIGNAL),
    Case("crop", {"size": (8, 5), "padding": 3}, {"size": (8, 5)}),
    Case("rotation", {"degrees": 180.0}),
    Case("zoom", {"most": 0.5}),
    Case("cutout", given={"size": 5}),
    Case("mixup", {"alpha": 1.0}, mixes=True),
    Case("cutmix", mixes=True),
    Case("noise"),
    Case("noise", shape=SIGNAL),
)


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare what every arm makes of the same batch, and yield each finding. A witness has no augmentation."""
    checked = [arm for arm in arms if not registry.find_arm(arm).witness]
    for precision, bound in BOUNDS.items():
        for case in CASES:
            arrays = given(case, seed)
            exact = exercise(workers, workers.reference, "fp64", case, arrays)
            for arm in checked:
                if (arm, precision) == (workers.reference, "fp64"):
                    continue
                title, gate = f"augmentation {case.title}", f"augmentation {precision}"
                try:
                    found = distance(exercise(workers, arm, precision, case, arrays), exact, bound)
                except WorkerFailure as failure:
                    yield Finding(title, arm, gate, passed=False, where=str(failure))
                else:
                    where = found.first and f"{case.title}: {found.first}"
                    yield Finding(title, arm, gate, where is None, found.error, bound, where)


def given(case: Case, seed: int) -> dict[str, Array]:
    """Return a batch ``x``, targets ``y`` (N, K) for what mixes them, and the parameters.

    All are numbers of float32, so that either precision begins with the same.
    """
    generator = np.random.default_rng([seed, 23])
    arrays = {"x": generator.normal(size=case.shape)}
    if case.mixes:
        arrays["y"] = np.eye(CLASSES)[generator.integers(0, CLASSES, SAMPLES)]
    arrays |= draw(case.name, case.shape, (seed, 29), **case.drawn)
    return {name: _cast(_cast(array, "fp32"), "fp64") for name, array in arrays.items()}


def exercise(
    workers: Workers, arm: str, precision: Precision, case: Case, arrays: Mapping[str, Array]
) -> dict[str, Array]:
    """Run one technique on one arm; see ``models_torch.exercises.augmentation.augment``."""
    cast = {name: _cast(array, precision) for name, array in arrays.items()}
    return workers.exercise(arm, precision, "augmentation", "augment", cast, name=case.name, **case.given)


def _cast(array: Array, precision: Precision) -> Array:
    if array.dtype.kind != "f":
        return array
    return array.astype(np.float64 if precision == "fp64" else np.float32)
