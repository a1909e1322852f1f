"""Parts of a train step by themselves: in turn they are the step, and the step knows nothing of them."""

from __future__ import annotations

import numpy as np
import pytest

from harness import registry
from harness.parity.workers import Exchange
from harness.run.process import WorkerFailure

RACED = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")
WHOLE = ("torch", "keras-torch")
"""Arms whose step is no compiled piece."""

WORKLOAD = "mlp_digits"


@pytest.fixture
def worker_of(bench):
    """``worker_of(arm)`` returns a worker with the workload open, begun afresh."""

    def worker_of(arm):
        bench.open(arm, WORKLOAD)
        worker = bench.worker(arm, "fp32")
        if bench.current.get(worker) != WORKLOAD:  # another test has opened another one since
            bench._open(arm, WORKLOAD, "fp32", 0, 1)
        return worker

    return worker_of


@pytest.fixture
def opened(worker_of, tmp_path):
    """``opened(arm)`` returns what runs a count of parts, or of steps, from the same start, and gives all tensors."""
    exchange = Exchange(tmp_path)

    def opened(arm):
        worker = worker_of(arm)
        initial, _ = exchange.ask(worker, "probe", {}, what="dump")

        def run(*parts, count=1):
            exchange.ask(worker, "probe", initial, what="load")
            for part in parts:
                asked = {"count": np.array(count)} | ({"part": np.array(part)} if part else {})
                tensors, _ = exchange.ask(worker, "probe", asked, what="run")
            return tensors

        return run

    return opened


def different(one, other):
    return [name for name in one if not np.array_equal(one[name], other[name])]


@pytest.mark.parametrize("arm", WHOLE)
def test_parts_in_turn_are_the_step(opened, arm):
    run = opened(arm)
    further = ["bookkeeping"] if "bookkeeping" in registry.find_arm(arm).parts else []
    stepped = run(None)
    assert different(run("forward+backward", "optimizer", *further), stepped) == []
    assert different(run("forward+backward"), stepped) != []


@pytest.mark.parametrize("arm", WHOLE)
def test_a_forward_pass_leaves_gradients_alone(opened, arm):
    run = opened(arm)
    assert different(run("forward+backward", "forward", "optimizer"), run(None)) == []


@pytest.mark.parametrize("arm", RACED)
def test_a_pass_updates_nothing_and_steps_are_as_before(opened, arm):
    run = opened(arm)
    before, initial = run(None, count=3), run("forward", count=3)
    assert different(run("forward+backward", count=3), initial) == []
    assert different(run(None, count=3), before) == []
    assert different(initial, before) != []


@pytest.mark.parametrize("arm", RACED)
def test_epochs_without_steps_update_nothing(opened, arm):
    run = opened(arm)
    before, initial = run(None), run("forward")
    assert different(run("input"), initial) == []
    assert different(run(None), before) == []


@pytest.mark.parametrize("arm", RACED)
def test_every_part_can_be_timed(worker_of, arm):
    worker = worker_of(arm)
    told = {}
    for part in ("input", *registry.find_arm(arm).parts, "dispatch", "step"):
        measured = worker.ask("block", 60, steps=2, scope=part)
        assert measured["wall_ns"] > 0
        told[part] = measured["told"]
    assert told["forward"] == pytest.approx(told["forward+backward"], rel=1e-5), "the loss of the same batch"
    kept = told.get("bookkeeping", told["forward+backward"])
    assert kept == pytest.approx(told["forward+backward"], rel=1e-5), "the mean of one loss, over and over"


@pytest.mark.parametrize("arm", ["keras-tensorflow", "keras-jax"])
def test_a_compiled_step_refuses_a_part_of_its_own(worker_of, arm):
    assert "optimizer" not in registry.find_arm(arm).parts
    worker = worker_of(arm)
    with pytest.raises(WorkerFailure, match="no part 'optimizer'"):
        worker.ask("block", 60, steps=1, scope="optimizer")
