"""Gradients accumulated over the parts of a batch are those of the batch: in every arm, epoch after epoch."""

import numpy as np
import pytest

from harness.run.process import WorkerFailure

BOUNDS = {"fp64": 1e-10, "fp32": 1e-5}


@pytest.mark.parametrize("precision", ["fp64", pytest.param("fp32", marks=pytest.mark.long)])
@pytest.mark.parametrize("arm", ["torch", "keras-tensorflow", "keras-jax", "keras-torch"])
def test_accumulated_gradients_are_those_of_the_large_batch(bench, arm, precision):
    whole, parts = (
        bench.train(arm, f"batching.{name}", seed=0, epochs=3, precision=precision)
        for name in ("by_100", "accumulated")
    )
    assert parts["order_sha256"] == whole["order_sha256"]
    assert parts["epoch_losses"] == pytest.approx(whole["epoch_losses"], rel=BOUNDS[precision])
    assert parts["test_loss"] == pytest.approx(whole["test_loss"], rel=BOUNDS[precision])
    assert whole["epoch_losses"][-1] < whole["epoch_losses"][0]


@pytest.mark.parametrize("arm", ["torch", "keras-torch"])
def test_a_batch_that_is_not_whole_is_refused(bench, arm):
    bench.open(arm, "batching.accumulated")
    worker = bench.worker(arm, "fp32")
    with pytest.raises(WorkerFailure, match="no multiple of 300"):
        worker.ask("probe", 60, **uneven(bench))


def uneven(bench):
    """Arguments of ``fit`` on 1,000 samples by 300."""
    given, answer = (bench.scratch / f"uneven-{way}.npz" for way in ("in", "out"))
    x, y = np.zeros((1000, 40), np.float32), np.zeros(1000, np.int64)
    np.savez(given, x=x, y=y, orders=np.arange(1000)[np.newaxis], batch_size=np.array(300))
    return {"what": "fit", "given": str(given), "answer": str(answer)}
