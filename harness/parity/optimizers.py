"""The optimizer gate: the same gradients fed to both halves, parameters and slots compared step by step.

In float64 against the reference's, then in float32 against the reference's in float64. How far float32 may stray is
measured anew for every slot and step, by the reference's own float32.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness import registry
from harness.contract import Clipping, Optimizer, Precision
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.trajectory import apart
from harness.parity.workers import Workers
from harness.run.process import WorkerFailure

if TYPE_CHECKING:
    from harness.contract import Array

BOUND = 1e-9
BAND = 6.0
"""How many times as far as the reference's float32 an arm's may be from float64, slot by slot and step by step.

Measured over all optimizers and variants, of 11,360 such comparisons of keras-torch (20 seeds) the farthest was 2.5
times as far, of 4,544 of keras-tensorflow and keras-jax (4 seeds) 3.4 times: adadelta with gradients of 1e-6, whose
first sums are of few digits. One in a thousand is 1.5 and 2.8 times as far. What is computed wrongly in float32 is
30 to 100 times as far.
"""

LEAST = float(np.finfo(np.float32).eps) / 2
"""What the reference counts as straying per root of the number of steps where it strays less: one rounding a step, at
random. A buffer that is the first gradient itself has no error in it, and a product of scalars may come out right by
chance."""

AT = (1, 2, 10, 100)
"""The steps after which parameters and slots are compared."""

DROPS = (6, 51)
"""The steps before which the learning rate drops to a tenth, in the run where it drops: seen at steps 10 and 100."""

TINY, TINY_RUN = 1e-6, "tiny gradients"
"""The scale of gradients, and of parameters, lest these hide the updates, in the run of that name."""

WEIGHT_DECAY = 0.1
ADAPTIVE_RUN = "clipping adaptively"
"""The run in which a bias begins at 0, as biases do: a gradient may be as long as a share of the parameter, or of a
least length."""

CLIPPINGS = {
    "clipping": Clipping("global_norm", 3.0),
    "clipping per tensor": Clipping("norm", 1.5),
    "clipping by value": Clipping("value", 0.5),
    ADAPTIVE_RUN: Clipping("adaptive", 0.3),
}
SHAPES = {"0.weight": (4, 3), "0.bias": (4,), "1.weight": (2, 4, 3)}
SHARED_RUN, SHARES = "shares of the learning rate", (0.1, 0.1, 2.0)
"""The run in which each parameter has its share of it, as layers do that were trained before; and its weight decays."""


OPTIMIZERS = {
    "sgd": Optimizer("sgd", 0.05),
    "momentum": Optimizer("sgd", 0.05, momentum=0.9),
    "nesterov": Optimizer("sgd", 0.05, momentum=0.9, nesterov=True),
    "rmsprop": Optimizer("rmsprop", 0.01, rho=0.99),
    "rmsprop momentum": Optimizer("rmsprop", 0.01, rho=0.99, momentum=0.9),
    "adagrad": Optimizer("adagrad", 0.01, epsilon=1e-10),
    "adadelta": Optimizer("adadelta", 1.0, epsilon=1e-6),
    "adam": Optimizer("adam", 0.01),
    "adamw": Optimizer("adamw", 0.01),
    "nadam": Optimizer("nadam", 0.01),
    "adamax": Optimizer("adamax", 0.01),
    "lion": Optimizer("lion", 0.01, beta_2=0.99),
    "muon": Optimizer("muon", 0.01, momentum=0.95, nesterov=True),
}
"""By the name of its row; all else as in PyTorch's defaults."""

PARTS_RUN, PARTS = "gradients in parts", 2
"""The run in which a step waits for so many gradients, and takes their mean."""

WITNESSED = ("sgd", "momentum", "nesterov", "adam", "adamw")
"""What ``models_numpy`` writes out by hand."""


def check(
    workers: Workers, arms: Sequence[str], seed: int = 0, rows: Sequence[str] = tuple(OPTIMIZERS)
) -> Iterator[Finding]:
    """Compare every optimizer of every arm with PyTorch's, in every variant: in float64, then in float32.

    Args:
        workers: The processes to use.
        arms: Whose halves to check; the reference among them is skipped.
        seed: Of parameters and gradients.
        rows: Which of ``OPTIMIZERS``.

    Yields:
        A finding per precision, optimizer, variant and arm: the largest error over parameters and slots at all steps;
        in float32 how many times the reference's own error it is.
    """
    others = [registry.find_arm(arm) for arm in arms if arm != workers.reference]
    for precision in ("fp64", "fp32"):  # all of float64 first: few faults need a process in float32 to be seen
        for row in rows:
            for spec in others:
                if spec.witness and (precision == "fp32" or row not in WITNESSED):
                    continue
                for variant, rates in variants(OPTIMIZERS[row]):
                    if spec.witness and {SHARED_RUN, PARTS_RUN} & rates.keys():  # it has neither transfer nor parts
                        continue
                    yield from _check_variant(workers, spec.name, precision, row, variant, rates, seed)


def _check_variant(
    workers: Workers,
    arm: str,
    precision: Precision,
    row: str,
    variant: Optimizer,
    rates: Mapping[str, Sequence[float]],
    seed: int,
) -> Iterator[Finding]:
    arrays = given(rates, seed)
    exact = exercise(workers, workers.reference, "fp64", variant, rates, arrays)
    single = exercise(workers, workers.reference, "fp32", variant, rates, arrays) if precision == "fp32" else {}
    try:
        found = exercise(workers, arm, precision, variant, rates, arrays)
    except WorkerFailure as failure:
        for run in rates:
            yield Finding(f"{row} · {run}", arm, f"optimizer {precision}", passed=False, where=str(failure))
        return
    for run in rates:
        ours, theirs = _of(run, found), _of(run, exact)
        if precision == "fp64":
            yield compare(f"{row} · {run}", arm, ours, theirs)
        else:
            yield compare_single(f"{row} · {run}", arm, ours, theirs, _of(run, single))


def differences(workers: Workers, arm: str, seed: int = 0) -> Iterator[tuple[str, str, float]]:
    """Measure how far Keras' own optimizers, given the same numbers, are from PyTorch's: what is reconciled away.

    Yields:
        The optimizer, the variant, and the error of the *movement* of the parameters over all steps, relative to the
        root mean square of PyTorch's movement.
    """
    for row, optimizer in OPTIMIZERS.items():
        for variant, rates in variants(optimizer):
            if {SHARED_RUN, PARTS_RUN} & rates.keys():  # Keras' own have no shares, and take parts like ours
                continue
            arrays = given(rates, seed)
            theirs = exercise(workers, workers.reference, "fp64", variant, rates, arrays)
            ours = exercise(workers, arm, "fp64", variant, rates, arrays, stock=True)
            for run in rates:
                start = _of(f"{run}/parameters", arrays)
                ends = (_of(f"{run}/{AT[-1]}/parameters", found) for found in (ours, theirs))
                moved, expected = ({name: end[name] - start[name] for name in start} for end in ends)
                yield row, run, distance(moved, expected, bound=0).error


def variants(optimizer: Optimizer) -> Iterator[tuple[Optimizer, dict[str, list[float]]]]:
    """Yield every variant of an optimizer, and under a name each run with it: the learning rate of each step."""
    steady = [optimizer.learning_rate] * AT[-1]
    drop = [optimizer.learning_rate * 0.1 ** sum(step >= at for at in DROPS) for step in range(1, AT[-1] + 1)]
    yield optimizer, {"plain": steady, "learning-rate drop": drop, TINY_RUN: steady}
    yield optimizer, {PARTS_RUN: drop}
    decaying = dataclasses.replace(optimizer, weight_decay=WEIGHT_DECAY)
    yield decaying, {"weight decay": steady}
    yield decaying, {SHARED_RUN: drop}
    for run, clipping in CLIPPINGS.items():
        # What clips is the same for all, and comes before them: one of them stands for all where it is not the usual.
        if clipping.by == "global_norm" or optimizer == OPTIMIZERS["sgd"]:
            yield dataclasses.replace(optimizer, clipping=clipping), {run: steady}


def given(runs: Iterable[str], seed: int) -> dict[str, Array]:
    """Draw initial parameters and gradients for runs, on the scale that their names tell, each element now and then 0.

    The gradients of a step are up to ten times as large as another step's, so that clipping is at work in some. All
    are numbers of float32, so that either precision begins with the same.
    """
    arrays = {}
    for run in runs:
        scale = TINY if run == TINY_RUN else 1.0
        for index, (name, shape) in enumerate(SHAPES.items()):
            generator = np.random.default_rng([seed, 11, index])
            strength = np.random.default_rng([seed, 12]).uniform(0.1, 1, (AT[-1], *[1] * len(shape)))
            gradients = generator.normal(0, scale, (AT[-1], *shape)) * strength
            begins = 0 if run == ADAPTIVE_RUN and name.endswith("bias") else scale
            arrays[f"{run}/parameters/{name}"] = generator.normal(0, begins, shape)
            arrays[f"{run}/gradients/{name}"] = gradients * (generator.random((AT[-1], *shape)) < 0.9)
    return {name: array.astype(np.float32).astype(np.float64) for name, array in arrays.items()}


def exercise(
    workers: Workers,
    arm: str,
    precision: Precision,
    optimizer: Optimizer,
    rates: Mapping[str, Sequence[float]],
    arrays: Mapping[str, Array],
    **further: bool,
) -> dict[str, Array]:
    """Run one variant on one arm; see ``models_torch.exercises.optimizers.run``."""
    asked = {"optimizer": dataclasses.asdict(optimizer), "rates": rates, "at": AT, **further}
    asked |= {"shares": SHARES} if SHARED_RUN in rates else {}
    asked |= {"parts": PARTS} if PARTS_RUN in rates else {}
    arrays = {name: array.astype(np.float64 if precision == "fp64" else np.float32) for name, array in arrays.items()}
    return workers.exercise(arm, precision, "optimizers", "run", arrays, **asked)


def compare(what: str, arm: str, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> Finding:
    """Compare parameters with parameters and slots with slots, step by step, so that none hides behind larger ones."""
    worst, first = 0.0, None
    for kind in dict.fromkeys(name.rpartition("/")[0] for name in [*theirs, *ours]):
        found = distance(_of(kind, ours), _of(kind, theirs), BOUND)
        worst = max(worst, found.error)
        if first is None and found.first is not None:
            step, _, slot = kind.partition("/")
            first = f"{slot} of {found.first} after {step} steps"
    return Finding(what, arm, "optimizer fp64", passed=first is None, figure=worst, bound=BOUND, where=first)


def compare_single(
    what: str, arm: str, ours: Mapping[str, Array], exact: Mapping[str, Array], single: Mapping[str, Array]
) -> Finding:
    """Compare an arm's float32 with the reference's float64, as many times apart as the reference's float32 is.

    By parameters or slot and step, the root of all squared errors: elements round at random, many hardly do.
    """
    worst, first = 0.0, None
    for kind in dict.fromkeys(name.rpartition("/")[0] for name in [*exact, *ours]):
        step, _, slot = kind.partition("/")
        allowed = max(apart(_of(kind, single), _of(kind, exact)), LEAST * math.sqrt(int(step)))
        times = apart(_of(kind, ours), _of(kind, exact)) / allowed
        worst = max(worst, times)
        if first is None and not times <= BAND:
            first = f"{slot} of {distance(_of(kind, ours), _of(kind, exact), 0).where} after {step} steps"
    return Finding(what, arm, "optimizer fp32", passed=first is None, figure=worst, bound=BAND, where=first)


def _of(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(f"{prefix}/"): array for name, array in arrays.items() if name.startswith(f"{prefix}/")}
