"""Scaled losses in float16: what a step that is left out leaves as it is, fused or not."""

import dataclasses

import numpy as np
import pytest

from harness import registry
from harness.contract import Clipping, Schedule, Setup
from models_torch.arm import TorchArm
from models_torch.tuned import TunedTorchArm

ARMS = (TorchArm, TunedTorchArm)
STEPS = 8


def trained(kind, **changes):
    """LeNet after a few steps from large gradients, the first of which times 65,536 are beyond float16."""
    workload = dataclasses.replace(registry.find_workload("lenet_mnist5k"), **changes)
    session = kind(Setup("fp16", 1)).open(workload, (1, 28, 28), 10)
    random = np.random.default_rng(0)
    tensors = {name: random.normal(0, 0.1, spec.shape).astype("float32") for name, spec in session.describe().items()}
    session.load(tensors)
    x = 10 * random.normal(size=(STEPS * 8, 1, 28, 28)).astype("float32")
    y = random.integers(10, size=STEPS * 8)
    before = session.dump()
    session.fit(x, y, [np.arange(len(x))], 8)
    return session, before


@pytest.mark.parametrize("kind", ARMS)
def test_a_schedule_counts_the_steps_that_were_taken(kind):
    session, _ = trained(kind, schedule=Schedule("step", steps=1, factor=0.5))
    told = session.loss_scale()
    assert told.steps == STEPS
    assert 0 < told.skipped < STEPS
    rate = registry.find_workload("lenet_mnist5k").optimizer.learning_rate
    assert session.settings()["learning_rate"] == pytest.approx(rate * 0.5 ** (STEPS - told.skipped))


@pytest.mark.parametrize("kind", ARMS)
def test_what_is_clipped_is_the_gradient_and_not_its_multiple(kind):
    plain = dataclasses.replace(registry.find_workload("lenet_mnist5k").optimizer, name="sgd", learning_rate=1.0)
    optimizer = dataclasses.replace(plain, clipping=Clipping("global_norm", 0.01))
    session, before = trained(kind, optimizer=optimizer)
    taken = STEPS - session.loss_scale().skipped
    assert 0 < taken < STEPS
    moved = np.sqrt(sum(np.sum((after - before[name]) ** 2) for name, after in session.dump().items()))
    assert 0.005 < moved <= 0.01 * taken * 1.01
