"""Gate 7 on a pair: whole train steps, taken over staged batches, repeated, and through ``fit``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from harness import matched
from harness.parity.errors import distance

if TYPE_CHECKING:
    from harness.contract import Array
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


def training(stage: Stage) -> Iterator[Finding]:
    """Every tensor, running statistics included, after steps of the workload's own optimizer, float64.

    Ten steps; the same ten again, after other steps and a prediction have left their traces and ``load`` has wiped
    them out; two epochs of ``fit`` in two orders, with the losses that it reports and what is predicted after them.
    """
    parts = stage.workload.accumulation
    size = min(stage.workload.batch_size, SAMPLES) if parts == 1 else stage.workload.batch_size
    batches = matched.stage_batches(stage.dataset, stage.workload, size)
    chosen = [batches[i % len(batches)] for i in range(STEPS)]
    stacked = {"x": np.stack([x for x, _ in chosen]), "y": np.stack([y for _, y in chosen])}
    expected = stage.reference.answer("training", lambda half: half.train(stacked))
    yield stage.finding("training fp64", distance(stage.exact.train(stacked), expected, TRAINED_FP64), TRAINED_FP64)

    stage.exact.probe("run", count=np.array(STEPS // 2))
    stage.exact.probe("predict", x=stage.x)
    stage.exact.load(stage.tensors)
    again = stage.exact.probe("run", count=np.array(STEPS))
    yield stage.finding("training again", distance(again, expected, TRAINED_FP64), TRAINED_FP64)

    def fitted(half: Half) -> dict[str, Array]:
        trained = half.probe("fit", x=x, y=y, orders=orders[:2], batch_size=np.array(batch))
        predicted = half.probe("predict", x=stage.x)["output"]
        further = half.probe("fit", x=x, y=y, orders=orders[2:], batch_size=np.array(batch))
        return trained | {"predictions": predicted} | {f"{name}, an epoch on": found for name, found in further.items()}

    batch = max(size, LEAST) if parts == 1 else 3 * parts
    samples = 3 * batch // 2 if parts == 1 else 2 * batch  # accumulation wants whole batches
    x = matched.as_input(stage.dataset.x_train[:samples], stage.workload.form)
    y = matched.as_target(stage.dataset.y_train[:samples], stage.workload)
    orders = np.stack(list(matched.batch_orders(len(x), 3, seed=5, shuffle=True)))
    stage.exact.load(stage.tensors)
    compared = distance(fitted(stage.exact), stage.reference.answer("fit", fitted), TRAINED_FP64)
    yield stage.finding("training fit", compared, TRAINED_FP64)
