"""Trainings that are looked at after every epoch end as others do."""

from __future__ import annotations

import pytest

from harness.run.course import STOPS_EARLY


@pytest.mark.parametrize("arm", ["torch", "keras-jax", "numpy"])
def test_a_training_that_is_watched_ends_as_one_that_is_not(bench, arm):
    alone = bench.train(arm, "mlp_digits", seed=1, epochs=2)
    watched = bench.worker(arm, "fp32").ask("train", 60, seed=1, epochs=2, watched=True)
    assert alone["course"] is None
    assert watched["final_sha256"] == alone["final_sha256"]
    assert watched["epoch_losses"] == alone["epoch_losses"]
    course = watched["course"]
    assert len(course["metrics"]) == len(course["seconds"]) == 2
    assert course["metrics"][0] != course["metrics"][1] == watched["metric"]
    assert course["steps"] == 23  # of 1438 samples in batches of 64
    assert 0 < sum(course["seconds"]) <= 1.001 * watched["train_s"]


def test_a_training_that_stops_early_is_not_watched_and_says_so(bench):
    bench.train("torch", "early_stopping.patience", seed=0, epochs=1)
    told = bench.worker("torch", "fp32").ask("train", 60, seed=0, epochs=1, watched=True)
    assert told["course"] is None
    assert told["reasons"] == {"course": STOPS_EARLY}
