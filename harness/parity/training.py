"""Gate 7 on a pair: whole train steps, taken over staged batches, repeated, and through ``fit``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from harness import matched, registry
from harness.parity.errors import distance

if TYPE_CHECKING:
    from harness.contract import Array, Workload
    from harness.parity.gates import Finding, Stage
    from harness.parity.pair import Half

TRAINED_FP64 = 1e-8
"""Healthy halves come to 3e-10 (``docs/proving.md``)."""

STEPS, SAMPLES = 10, 16
"""Batches and, at most, samples in each: the gates run at many seeds, and JAX's convolutions in float64 are slow."""

LEAST = 10
"""Samples in a batch of ``fit``, if those of the steps have fewer. Else it has as many, for which a framework that
compiles has compiled. Half of one comes last, which tells a mean over batches from one over samples; batch norm over
two samples alone would give gradients of nothing but rounding, which Adam makes whole steps of."""

PREDICTED, LATER = "predictions", ", an epoch on"


def training(stage: Stage) -> Iterator[Finding]:
    """Every tensor, running statistics included, after steps of the workload's own optimizer, float64.

    Ten steps; the same ten again, after other steps and a prediction have left their traces and ``load`` has wiped
    them out; two epochs of ``fit`` in two orders, with the losses that it reports and what is predicted after them, and
    a third; the first two again, a checkpoint of them, and from that the third again.
    """
    parts = stage.workload.accumulation
    size = min(stage.workload.batch_size, SAMPLES) if parts == 1 else stage.workload.batch_size
    batches = matched.stage_batches(stage.dataset, stage.workload, size)
    chosen = [batches[i % len(batches)] for i in range(STEPS)]
    stacked = {"x": np.stack([x for x, _ in chosen]), "y": np.stack([y for _, y in chosen])}
    expected = stage.reference.answer("training", lambda half: half.train(stacked))
    yield finding(stage, "training fp64", stage.exact.train(stacked), expected)

    stage.exact.probe("run", count=np.array(STEPS // 2))
    stage.exact.probe("predict", x=stage.x)
    stage.exact.load(stage.tensors)
    again = stage.exact.probe("run", count=np.array(STEPS))
    yield finding(stage, "training again", again, expected)

    def fit(half: Half, orders: Array) -> dict[str, Array]:
        return half.probe("fit", x=x, y=y, orders=orders, batch_size=np.array(batch), **held_out)

    def fitted(half: Half) -> dict[str, Array]:
        trained = fit(half, orders[:2])
        return trained | {PREDICTED: half.probe("predict", x=stage.x)["output"]} | later(fit(half, orders[2:]))

    batch = max(size, LEAST) if parts == 1 else 3 * parts
    samples = 3 * batch // 2 if parts == 1 else 2 * batch  # accumulation wants whole batches
    x = matched.as_input(stage.dataset.x_train[:samples], stage.workload.form)
    y = matched.as_target(stage.dataset.y_train[:samples], stage.workload)
    orders = np.stack(list(matched.batch_orders(len(x), 3, seed=5, shuffle=True)))
    held_out = {}
    if stage.workload.stopping:  # what it takes them for before it learns: the best epoch is not the last
        held_out = {"held_x": x, "held_y": begun(stage, x).argmax(axis=1)}
    if _on_plateau(stage.workload) and stage.workload.loss == "cross_entropy" and y.ndim == 1:
        # The rate falls before the third epoch.
        easy, hard = np.array_split(easiest_first(begun(stage, x), y), 2)
        orders[0], orders[1] = (np.resize(half, len(x)) for half in (easy, hard))
    stage.exact.load(stage.tensors)
    found, expected = fitted(stage.exact), stage.reference.answer("fit", fitted)
    yield finding(stage, "training fit", found, expected)

    if registry.find_arm(stage.arm).witness:  # has no checkpoints
        return
    stage.exact.load(stage.tensors)
    resumed = fit(stage.exact, orders[:2])
    stage.exact.probe("checkpoint")
    stage.exact.load(stage.tensors)
    stage.exact.probe("resume")
    resumed |= later(fit(stage.exact, orders[2:]))
    expected = {name: array for name, array in expected.items() if name != PREDICTED}
    yield finding(stage, "training resumed", resumed, expected)


def _on_plateau(workload: Workload) -> bool:
    return workload.schedule is not None and workload.schedule.name == "plateau"


def begun(stage: Stage, x: Array) -> Array:
    """Return what the reference predicts before it learns."""
    return stage.reference.answer("begun", lambda half: half.probe("predict", x=x))["output"]


def easiest_first(outputs: Array, classes: Array) -> Array:
    """Return the order of samples by their cross-entropy."""
    of_class = np.take_along_axis(outputs, classes[:, np.newaxis], axis=1)[:, 0]
    return np.argsort(special.logsumexp(outputs, axis=1) - of_class)


def later(trained: Mapping[str, Array]) -> dict[str, Array]:
    """Name what training has come to in its third epoch."""
    return {f"{name}{LATER}": found for name, found in trained.items()}


def finding(stage: Stage, gate: str, found: Mapping[str, Array], expected: Mapping[str, Array]) -> Finding:
    """Return what was found, and of which tensor most: after some steps a fault is everywhere, seldom alike.

    Of what is no tensor, such as losses, only if the tensors are right.
    """
    compared = distance(found, expected, TRAINED_FP64)
    if compared.first:
        tensors = {name for name in expected if name.removesuffix(LATER) in stage.tensors}
        held, theirs = ({name: of[name] for name in of if name in tensors} for of in (found, expected))
        worst = distance(held, theirs, TRAINED_FP64)
        compared = dataclasses.replace(compared, first=worst.where if worst.first else compared.first)
    return stage.finding(gate, compared, TRAINED_FP64)
