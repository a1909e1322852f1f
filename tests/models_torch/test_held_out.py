"""The loss on held-out samples, by which PyTorch's half stops early."""

import dataclasses

import numpy as np

from harness import matched
from harness.contract import Optimizer, Setup, Stopping
from harness.registry import find_workload
from models_torch.arm import TorchArm

EPOCHS = 10


def test_small_progress_is_seen_in_mixed_precision():
    workload = dataclasses.replace(
        find_workload("softmax_digits"),
        loss="focal",
        optimizer=Optimizer("sgd", 1e-3),
        stopping=Stopping(1),
        held_out=1,
    )
    session = TorchArm(Setup("bf16", 1)).open(workload, (64,), 10)
    session.load(matched.initial_parameters(session.describe(), seed=0))
    y = np.arange(500) % 10
    x = np.random.default_rng(0).normal(y[:, np.newaxis] / 5, 1, (500, 64)).astype(np.float32)
    losses = session.fit(x, y, [np.arange(500)] * EPOCHS, 100, held_out=(x, y))
    assert len(losses) == EPOCHS
    assert losses == sorted(losses, reverse=True)
