"""Blocks that are computed once more: the same losses and gradients as of blocks that are kept, draw after draw."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness import matched, registry
from harness.parity.pair import Half
from harness.parity.workers import Exchange
from harness.run.coordinator import store_dataset


def of_one_block(variant):
    """Return a variant with a single block, which compiles soon."""
    workload = registry.find_workload(f"recomputation.{variant}")
    architecture = workload.architecture
    smaller = dataclasses.replace(architecture, arguments={**architecture.arguments, "depth": 1})
    return dataclasses.replace(workload, architecture=smaller)


KEPT, RECOMPUTED = map(of_one_block, ("none", "blocks"))
DRAWS = 2


@pytest.mark.parametrize("arm", ["torch", "keras-tensorflow", "keras-jax", "keras-torch"])
def test_what_is_drawn_is_drawn_alike_both_times_and_goes_on_from_there(bench, tmp_path, arm):
    dataset = registry.load_dataset(KEPT.dataset)
    x, y = matched.as_input(dataset.x_train[:16], KEPT.form), dataset.y_train[:16]
    worker = bench.worker(arm, "fp32")
    found = []
    for workload in (KEPT, RECOMPUTED):
        half = Half(worker, workload, store_dataset(dataset, tmp_path), Exchange(tmp_path))
        half.load(matched.initial_parameters(half.specs(), seed=0), seed=3)
        found.append([half.probe("gradients", x=x, y=y) for _ in range(DRAWS)])
    bench.current.pop(worker, None)
    assert found[0][0]["loss"] != found[0][1]["loss"]  # dropout is on
    for kept, recomputed in zip(*found, strict=True):
        assert kept.keys() == recomputed.keys()
        for name, gradient in kept.items():
            rms = np.sqrt(np.mean(np.square(gradient)))
            assert np.max(np.abs(recomputed[name] - gradient)) <= 1e-4 * rms + 1e-8, name
