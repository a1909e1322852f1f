"""The stock track: each framework's own optimizer and initial values, and nothing of it in the matched one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness import registry
from harness.contract import Cell, Optimizer, Schedule, Transfer
from harness.parity import engine
from harness.parity.engine import ParityError
from harness.parity.workers import TIMEOUT_S
from harness.run.coordinator import store_dataset

WORKLOAD = registry.find_workload("mlp_digits")
EPSILONS = {"torch": 1e-8, "keras-tensorflow": 1e-7, "keras-jax": 1e-7, "keras-torch": 1e-7}


@pytest.fixture(scope="module")
def opened(bench, tmp_path_factory):
    """``opened(arm, track, seed, workload)``: a worker that has it open, and a session's settings."""
    stored = store_dataset(registry.load_dataset("digits"), tmp_path_factory.mktemp("stock"))

    def opened(arm, track, seed=0, workload=WORKLOAD):
        cell = Cell("accuracy", workload.name, arm, "fp32", 1, workload.batch_size, 1, seed, track)
        worker = bench.worker(arm, "fp32")
        bench.current.pop(worker, None)
        fields = {"cell": dataclasses.asdict(cell), "dataset": stored.fields, "arrays": str(stored.arrays)}
        told = worker.ask("open", TIMEOUT_S, first_step=False, workload=dataclasses.asdict(workload), **fields)
        return worker, told["settings"]

    yield opened
    bench.told.clear()  # its workers have another model open now


@pytest.fixture
def begun(opened):
    """``begun(arm, track, seed)``: a session's settings, and a hash of what a training begins with."""

    def begun(arm, track, seed=0):
        worker, settings = opened(arm, track, seed)
        return settings, worker.ask("finish", TIMEOUT_S, frameworks=[])["initial_sha256"]

    return begun


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


@pytest.mark.parametrize("arm", ["keras-torch", pytest.param("keras-tensorflow", marks=pytest.mark.long)])
def test_what_is_carried_over_has_been_learnt_in_the_same_track(opened, arm, tmp_path):
    """Keras' own Adam is another than the matched one."""
    answer = str(tmp_path / "answer.npz")

    def tensors():
        with np.load(answer) as told:
            return {name: told[name] for name in told.files if name.startswith("tensor ")}

    source = registry.find_workload("softmax_digits")
    worker, _ = opened(arm, "stock", workload=source)
    for number in range(source.epochs + 1):
        worker.ask("epoch", TIMEOUT_S, number=number, seed=0, answer=answer)
    learnt = tensors()
    worker, _ = opened(arm, "stock", workload=dataclasses.replace(source, transfer=Transfer(source.name)))
    worker.ask("epoch", TIMEOUT_S, number=0, seed=0, answer=answer)
    begun = tensors()
    assert learnt
    assert all(np.array_equal(begun[name], tensor) for name, tensor in learnt.items())


@pytest.mark.parametrize("arm", ["torch", "keras-torch"])
def test_accumulated_gradients_are_those_of_the_large_batch(opened, arm):
    few = dataclasses.replace(WORKLOAD, samples=640, batch_size=64, optimizer=Optimizer("sgd", learning_rate=0.05))
    whole, parts = (
        opened(arm, "stock", workload=dataclasses.replace(few, accumulation=accumulation))[0].ask(
            "train", TIMEOUT_S, seed=0, epochs=2
        )
        for accumulation in (1, 4)
    )
    assert parts["epoch_losses"] == pytest.approx(whole["epoch_losses"], rel=1e-5)
    assert whole["epoch_losses"][1] < whole["epoch_losses"][0]


@pytest.mark.parametrize("arm", ["torch", "keras-torch"])
def test_the_learning_rate_takes_its_course(opened, arm):
    few = dataclasses.replace(WORKLOAD, samples=640, batch_size=64, optimizer=Optimizer("sgd", learning_rate=0.05))
    stopped = dataclasses.replace(few, schedule=Schedule("step", steps=10, factor=0.0))  # after an epoch
    going, still = (
        opened(arm, "stock", workload=workload)[0].ask("train", TIMEOUT_S, seed=0, epochs=3)["epoch_losses"]
        for workload in (few, stopped)
    )
    assert still[0] == going[0]
    assert still[2] == pytest.approx(still[1], rel=1e-5)
    assert going[2] < going[1]


def test_learning_rates_by_layer_are_refused():
    full = registry.find_workload("transfer.full_200")
    stock = dataclasses.replace(full, track="stock")
    for arm in ("torch", "keras-jax"):
        assert "learning rates by layer" in registry.unsupported(registry.find_arm(arm), stock, "fp32")
        assert registry.unsupported(registry.find_arm(arm), full, "fp32") is None
    frozen = dataclasses.replace(registry.find_workload("transfer.frozen_200"), track="stock")
    assert registry.unsupported(registry.find_arm("torch"), frozen, "fp32") is None


@pytest.mark.parametrize(
    "arm",
    ["torch", "keras-torch", *(pytest.param(arm, marks=pytest.mark.long) for arm in ("keras-tensorflow", "keras-jax"))],
)
def test_initial_values_chosen_by_name_are_drawn_by_each_frameworks_function_of_that_name(opened, arm, tmp_path):
    def begun(name, track="stock"):
        worker, _ = opened(arm, track, workload=registry.find_workload(f"initializers.{name}"))
        worker.ask("epoch", TIMEOUT_S, number=0, seed=0, answer=str(tmp_path / "answer.npz"))
        with np.load(tmp_path / "answer.npz") as told:
            return {name.removeprefix("tensor "): told[name] for name in told.files if name.startswith("tensor ")}

    assert not any(tensor.any() for tensor in begun("zeros").values())
    drawn, alike = begun("he_normal"), begun("he_normal", "matched")
    weights, biases = ([t for name, t in drawn.items() if name.endswith(end)] for end in (".weight", ".bias"))
    assert not any(bias.any() for bias in biases)
    hidden = np.stack(weights[1:-1])  # fifty of 128 × 128
    assert hidden.std() == pytest.approx(np.sqrt(2 / 128), rel=0.01)
    assert abs(np.corrcoef(hidden[0].ravel(), hidden[1].ravel())[0, 1]) < 0.05  # not one draw for all
    assert not np.array_equal(drawn["fc.1.weight"], alike["fc.1.weight"])


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
