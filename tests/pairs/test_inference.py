"""Forward passes as they are raced give what the arm predicts, batch after batch, at every size, timed or not."""

from __future__ import annotations

import numpy as np
import pytest

from harness import matched, registry
from harness.parity.workers import Exchange

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")
NAME = "mlp_digits"


@pytest.fixture
def opened(bench, tmp_path):
    """``opened(arm)``: a worker that has opened the workload, whatever it did before, and what predicts with it."""

    def opened(arm, name=NAME):
        bench.train(arm, name, seed=0, epochs=1, process=1)
        worker, exchange = bench.worker(arm, "fp32", process=1), Exchange(tmp_path)

        def predict(x):
            return exchange.ask(worker, "probe", {"x": x}, what="predict")[0]["output"]

        return worker, predict

    return opened


def inputs(size, name=NAME):
    workload = registry.find_workload(name)
    dataset = matched.examples(registry.load_dataset(workload.dataset), workload)
    return matched.stage_inputs(dataset, workload, size)


@pytest.mark.parametrize("arm", ARMS)
def test_passes_go_through_the_staged_batches_and_change_nothing(bench, opened, tmp_path, arm):
    worker, predict = opened(arm)
    workload = registry.find_workload(NAME)
    batches = matched.stage_batches(registry.load_dataset(workload.dataset), workload, workload.batch_size)
    for count in (1, 2, len(batches) + 3):
        # A block loads the initial parameters, starts with the first batch and runs three passes before it counts.
        told = worker.ask("block", 60, steps=count, scope="inference")["told"]
        x, _ = batches[(3 + count - 1) % len(batches)]
        assert told == pytest.approx(predict(x).ravel()[-1], rel=1e-5)
    exchange = Exchange(tmp_path)
    held = {name: array.astype("float32") for name, array in exchange.ask(worker, "probe", {}, what="dump")[0].items()}
    assert matched.hash_tensors(held) == bench.open("torch", NAME)["initial_sha256"]
    assert np.isfinite(worker.ask("block", 60, steps=5)["told"]), "train steps go on"


@pytest.mark.parametrize("arm", ARMS)
def test_passes_of_another_size_go_through_batches_of_that_size_and_train_steps_keep_theirs(opened, arm):
    worker, predict = opened(arm)
    before = worker.ask("block", 60, steps=2)["told"]
    for size in (5, 2000):  # the second is larger than the training set
        staged = inputs(size)
        told = worker.ask("block", 60, steps=2, scope="inference", batch_size=size)["told"]
        assert told == pytest.approx(predict(staged[4 % len(staged)]).ravel()[-1], rel=1e-5)
    told = worker.ask("block", 60, steps=2, scope="inference")["told"]
    assert told == pytest.approx(predict(inputs(registry.find_workload(NAME).batch_size)[4]).ravel()[-1], rel=1e-5)
    assert worker.ask("block", 60, steps=2)["told"] == before


@pytest.mark.parametrize("arm", ARMS)
def test_every_pass_is_timed_and_all_of_them_fit_into_the_time_of_all(opened, arm):
    worker, predict = opened(arm)
    assert worker.ask("warm_up", 60, block_ms=1, scope="latency", batch_size=3)["steps"] > 0
    told = worker.ask("passes", 60, count=7, untimed=2, batch_size=3)
    assert (told["steps"], len(told["pass_ns"])) == (7, 7)
    assert all(took > 0 for took in told["pass_ns"])
    assert sum(told["pass_ns"]) <= told["wall_ns"]
    tenth = inputs(3)[9]  # behind two that were not timed and seven that were
    assert told["told"] == pytest.approx(predict(tenth).ravel()[-1], rel=1e-5)


def test_what_is_accumulated_over_in_parts_is_evaluated_whole(opened):
    worker, predict = opened("keras-torch", "batching.accumulated")
    staged = inputs(100, "batching.accumulated")
    told = worker.ask("block", 60, steps=1, scope="inference")["told"]
    assert told == pytest.approx(predict(staged[3]).ravel()[-1], rel=1e-5)
    told = worker.ask("block", 60, steps=1, scope="inference", batch_size=1)["told"]
    assert told == pytest.approx(predict(inputs(1, "batching.accumulated")[3]).ravel()[-1], rel=1e-5)
