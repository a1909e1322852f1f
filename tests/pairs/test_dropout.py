"""What is random: dropout on in training and off in evaluation, codes sampled in both, all drawn from the seed."""

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
    """How to open a form of a workload in one arm's process."""
    worker = bench.worker(request.param, "fp32")

    def opened(workload):
        return Half(
            worker, workload, store_dataset(registry.load_dataset(workload.dataset), tmp_path), Exchange(tmp_path)
        )

    yield opened
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


@pytest.mark.parametrize("name", ["mlp_norm_digits", pytest.param("vae_mnist5k", marks=pytest.mark.long)])
def test_training_and_evaluation_from_a_seed_repeat_themselves(opened, name):
    half = opened(registry.find_workload(name))
    half.worker.ask("warm_up", TIMEOUT_S, block_ms=1.0)  # in a run, too, a process has taken steps before it trains
    first, again, other = (half.worker.ask("train", TIMEOUT_S, seed=seed, epochs=1) for seed in (3, 3, 4))
    assert first["final_sha256"] == again["final_sha256"]
    assert first["metric"] == again["metric"]
    assert other["metric"] != first["metric"]


def test_a_code_is_drawn_anew_in_evaluation(opened):
    workload = registry.find_workload("vae_mnist5k")
    half = opened(workload)
    x = matched.as_input(registry.load_dataset(workload.dataset).x_train[:5], workload.form)
    tensors = matched.initial_parameters(half.specs(), seed=0)
    drawn = []
    for seed in (0, 0, 1):
        half.load(tensors, seed)
        drawn += [half.probe("predict", x=x)["output"] for _ in range(2)]
    first, second, again, _, other, _ = drawn
    assert np.array_equal(first, again)
    for different in (second, other):
        assert (first[:, :784] != different[:, :784]).mean() > 0.99
        assert np.array_equal(first[:, 784:], different[:, 784:])  # mean and log variance are not drawn
