"""Forward passes as they are raced give what the arm predicts, batch after batch."""

from __future__ import annotations

import numpy as np
import pytest

from harness import matched, registry
from harness.parity.workers import Exchange

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")
NAME = "mlp_digits"


@pytest.mark.parametrize("arm", ARMS)
def test_passes_go_through_the_staged_batches_and_change_nothing(bench, tmp_path, arm):
    bench.train(arm, NAME, seed=0, epochs=1, process=1)  # opens it, whatever the process did before
    worker, exchange = bench.worker(arm, "fp32", process=1), Exchange(tmp_path)
    workload = registry.find_workload(NAME)
    batches = matched.stage_batches(registry.load_dataset(workload.dataset), workload, workload.batch_size)
    for count in (1, 2, len(batches) + 3):
        # A block loads the initial parameters, starts with the first batch and runs three passes before it counts.
        told = worker.ask("block", 60, steps=count, scope="inference")["told"]
        x, _ = batches[(3 + count - 1) % len(batches)]
        expected = exchange.ask(worker, "probe", {"x": x}, what="predict")[0]["output"]
        assert told == pytest.approx(expected.ravel()[-1], rel=1e-5)
    held = {name: array.astype("float32") for name, array in exchange.ask(worker, "probe", {}, what="dump")[0].items()}
    assert matched.hash_tensors(held) == bench.open("torch", NAME)["initial_sha256"]
    assert np.isfinite(worker.ask("block", 60, steps=5)["told"]), "train steps go on"
