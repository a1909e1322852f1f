"""The stock track: each framework's own optimizer and initial values, and nothing of it in the matched one."""

from __future__ import annotations

import dataclasses

import pytest

from harness import registry
from harness.contract import Cell
from harness.parity import engine
from harness.parity.engine import ParityError
from harness.parity.workers import TIMEOUT_S
from harness.run.coordinator import store_dataset

WORKLOAD = registry.find_workload("mlp_digits")
EPSILONS = {"torch": 1e-8, "keras-tensorflow": 1e-7, "keras-jax": 1e-7, "keras-torch": 1e-7}


@pytest.fixture(scope="module")
def begun(bench, tmp_path_factory):
    """``begun(arm, track, seed)``: a session's settings, and a hash of what a training begins with."""
    stored = store_dataset(registry.load_dataset("digits"), tmp_path_factory.mktemp("stock"))

    def begun(arm, track, seed=0):
        cell = Cell("accuracy", WORKLOAD.name, arm, "fp32", 1, WORKLOAD.batch_size, 1, seed, track)
        worker = bench.worker(arm, "fp32")
        bench.current.pop(worker, None)
        fields = {"cell": dataclasses.asdict(cell), "dataset": stored.fields, "arrays": str(stored.arrays)}
        opened = worker.ask("open", TIMEOUT_S, first_step=False, **fields)
        told = worker.ask("finish", TIMEOUT_S, frameworks=[])
        return opened["settings"], told["initial_sha256"]

    yield begun
    bench.told.clear()  # its workers have another model open now


@pytest.mark.parametrize("arm", EPSILONS)
def test_adam_has_each_frameworks_own_epsilon(begun, arm):
    assert begun(arm, "stock")[0]["epsilon"] == EPSILONS[arm]
    assert begun(arm, "matched")[0]["epsilon"] == WORKLOAD.optimizer.epsilon


def test_initial_values_are_each_frameworks_own(begun):
    stock = {arm: begun(arm, "stock")[1] for arm in EPSILONS}
    matched = {begun(arm, "matched")[1] for arm in EPSILONS}
    assert len(set(stock.values())) == len(EPSILONS)
    assert len(matched) == 1
    assert not matched & set(stock.values())


@pytest.mark.parametrize("arm", EPSILONS)
def test_initial_values_follow_the_seed(begun, arm):
    first, again, other = (begun(arm, "stock", seed)[1] for seed in (3, 3, 4))
    assert first == again != other


def test_the_gates_refuse_it():
    with pytest.raises(ParityError, match="mlp_digits: gates compare the matched track"):
        engine.tasks([dataclasses.replace(WORKLOAD, track="stock")], ["structure"])


def test_a_witness_has_none():
    stock = dataclasses.replace(WORKLOAD, track="stock")
    assert registry.unsupported(registry.find_arm("numpy"), WORKLOAD, "fp32") is None
    assert "no defaults of its own" in registry.unsupported(registry.find_arm("numpy"), stock, "fp32")


def test_what_a_framework_does_not_have_it_cannot_have_defaults_of():
    lion = registry.find_workload("optimizers.lion")
    stock = dataclasses.replace(lion, track="stock")
    assert "no lion of its own" in registry.unsupported(registry.find_arm("torch"), stock, "fp32")
    assert registry.unsupported(registry.find_arm("torch"), lion, "fp32") is None
    assert registry.unsupported(registry.find_arm("keras-jax"), stock, "fp32") is None
