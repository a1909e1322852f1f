"""A train step written by hand trains as the one that the framework brings, in every arm; a sharp one does not."""

import dataclasses

import pytest

from harness.contract import TrainStep
from harness.registry import find_workload

EPOCHS = 3


@pytest.mark.parametrize("arm", ["torch", "keras-tensorflow", "keras-jax", "keras-torch"])
def test_a_step_by_hand_is_the_frameworks(bench, arm):
    own, ready, sharp = (
        bench.train(arm, f"custom.{name}", seed=0, epochs=EPOCHS, precision="fp64")
        for name in ("own_step", "framework_step", "sharpness_aware")
    )
    assert own["order_sha256"] == ready["order_sha256"]
    assert own["epoch_losses"] == pytest.approx(ready["epoch_losses"], rel=1e-10)
    assert own["test_loss"] == pytest.approx(ready["test_loss"], rel=1e-10)
    assert sharp["epoch_losses"][0] != pytest.approx(ready["epoch_losses"][0], rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_step": TrainStep(), "accumulation": 2}, "does not accumulate"),
        ({"train_step": TrainStep(radius=-0.1)}, "radius -0.1 is less than 0"),
    ],
)
def test_steps_that_contradict_themselves_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(find_workload("mlp_mnist1d"), **changes)
