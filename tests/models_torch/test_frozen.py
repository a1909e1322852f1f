"""Frozen layers of PyTorch's half: what training leaves as it is. That Keras' do the same is the gates' business."""

import dataclasses

import numpy as np
import pytest

from harness import matched
from harness.contract import Regularizer, Setup, Transfer
from harness.registry import find_workload
from models_torch.arm import TorchArm

FROZEN = ("fc.0", "norm.0", "fc.1")


@pytest.mark.parametrize("norm", ["batch", "centred"])
def test_frozen_layers_stay_as_they_are(norm):
    whole = find_workload("mlp_norm_digits")
    workload = dataclasses.replace(
        whole,
        architecture=dataclasses.replace(whole.architecture, arguments={**whole.architecture.arguments, "norm": norm}),
        transfer=Transfer("none", frozen=FROZEN),
        regularizer=Regularizer(max_norm=0.1),
    )
    session = TorchArm(Setup("fp32", 1)).open(workload, (64,), 10)
    session.load(matched.initial_parameters(session.describe(), seed=0))
    before = session.dump()
    x, y = np.random.default_rng(0).normal(3, 1, (20, 64)).astype(np.float32), np.arange(20) % 10
    session.predict(x, 20)  # after which it trains on
    session.fit(x, y, [np.arange(20)], 10)
    moved = {name for name, tensor in session.dump().items() if not np.array_equal(tensor, before[name])}
    assert moved == {name for name in before if not name.startswith(FROZEN)}
