"""Dropout: on in training, off in evaluation, and drawn from the seed."""

from __future__ import annotations

import numpy as np
import pytest

from harness import matched, registry
from harness.parity.pair import Half, without_chance
from harness.parity.workers import TIMEOUT_S, Exchange
from harness.run.coordinator import store_dataset

WORKLOAD = registry.find_workload("mlp_norm_digits")


@pytest.fixture(params=["torch", "keras-tensorflow", "keras-jax", "keras-torch"])
def opened(bench, request, tmp_path):
    """How to open a form of the workload in one arm's process."""
    worker = bench.worker(request.param, "fp32")
    stored = store_dataset(registry.load_dataset(WORKLOAD.dataset), tmp_path)
    yield lambda workload: Half(worker, workload, stored, Exchange(tmp_path))
    bench.current.pop(worker, None)


def test_it_is_on_in_training_and_off_in_evaluation(opened):
    dataset = registry.load_dataset(WORKLOAD.dataset)
    x, y = matched.as_input(dataset.x_train[:32], WORKLOAD.form), dataset.y_train[:32]
    outputs, losses = [], []
    for workload in (WORKLOAD, without_chance(WORKLOAD)):
        half = opened(workload)
        half.load(matched.initial_parameters(half.specs(), seed=0))
        outputs.append(half.probe("taps", x=x)["output"])
        losses.append(half.probe("gradients", x=x, y=y)["loss"])
    assert np.array_equal(*outputs)
    assert losses[0] != losses[1]


def test_training_from_a_seed_repeats_itself(opened):
    half = opened(WORKLOAD)
    half.worker.ask("warm_up", TIMEOUT_S, block_ms=1.0)  # in a run, too, a process has taken steps before it trains
    first, again = (half.worker.ask("train", TIMEOUT_S, seed=3, epochs=1)["final_sha256"] for _ in range(2))
    assert first == again
