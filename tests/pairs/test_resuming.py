"""Training that is broken off and resumed ends where it would have ended, bit for bit, in every arm."""

import dataclasses

import pytest

from harness.contract import Checkpointing, Optimizer, Regularizer, Schedule, Stopping
from harness.registry import find_workload, load_dataset
from harness.run.coordinator import store_dataset

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")
TIMEOUT_S = 240.0
EPOCHS = 6
COMPILING = pytest.mark.long  # each new session traces or compiles anew; Keras' start takes seconds
BASE = dataclasses.replace(
    find_workload("checkpointing.uninterrupted"), samples=300, held_out=50, batch_size=50, epochs=EPOCHS
)
SHAPES = {
    "Adam, cosine, dropout, noise": {"schedule": Schedule("cosine", steps=20)},
    "momentum, plateau, max norm, accumulated": {
        "optimizer": Optimizer("sgd", 0.05, momentum=0.9),
        "schedule": Schedule("plateau", steps=0, factor=0.5),
        "regularizer": Regularizer(max_norm=1.5),
        "accumulation": 2,
    },
    "Muon": {"optimizer": Optimizer("muon", 1e-3, momentum=0.95, nesterov=True)},
    "NAdam, one cycle": {"optimizer": Optimizer("nadam", 1e-3), "schedule": Schedule("one_cycle", steps=30)},
}


@pytest.fixture(scope="module")
def train(bench, tmp_path_factory):
    """``train(arm, workload)``: what a worker tells that trains it whole."""
    stored = store_dataset(load_dataset("mnist1d"), tmp_path_factory.mktemp("data"))

    def train(arm, workload):
        worker = bench.worker(arm, "fp32")
        bench.current[worker] = ""
        cell = {"scope": "accuracy", "workload": workload.name, "arm": arm, "precision": "fp32", "threads": 1}
        cell |= {"batch_size": workload.batch_size, "epochs": workload.epochs, "index": 1}
        given = {"dataset": stored.fields, "arrays": str(stored.arrays), "workload": dataclasses.asdict(workload)}
        worker.ask("open", TIMEOUT_S, cell=cell, first_step=False, **given)
        return worker.ask("train", TIMEOUT_S, seed=1, epochs=workload.epochs)

    return train


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("arm", ["torch", *(pytest.param(arm, marks=COMPILING) for arm in ARMS[1:])])
def test_interrupted_and_resumed_is_uninterrupted(train, arm, changes):
    whole = dataclasses.replace(BASE, **changes)
    expected = train(arm, whole)
    for checkpointing in (Checkpointing(interrupted_after=3), Checkpointing(every=2, interrupted_after=3)):
        resumed = train(arm, dataclasses.replace(whole, checkpointing=checkpointing))
        assert resumed["final_sha256"] == expected["final_sha256"]
        assert resumed["epoch_losses"] == expected["epoch_losses"]
        assert resumed["metric"] == expected["metric"]


@pytest.mark.parametrize("arm", ["torch", pytest.param("keras-torch", marks=COMPILING)])
def test_the_best_checkpoint_is_that_of_an_epoch_before_the_last(train, arm):
    long = dataclasses.replace(BASE, epochs=40, schedule=None)
    best = train(arm, dataclasses.replace(long, checkpointing=Checkpointing(keep="best")))
    last = train(arm, long)
    assert best["epoch_losses"] == last["epoch_losses"]
    assert best["test_loss"] < last["test_loss"] - 0.1


@COMPILING
def test_every_arm_stops_early_after_the_same_epoch(train):
    calm = dataclasses.replace(BASE, epochs=40, schedule=None, augmentation=(), stopping=Stopping(4, restore_best=True))
    arguments = {**calm.architecture.arguments, "dropout": 0.0}
    calm = dataclasses.replace(calm, architecture=dataclasses.replace(calm.architecture, arguments=arguments))
    told = {arm: train(arm, calm) for arm in ARMS}
    epochs = {arm: len(told[arm]["epoch_losses"]) for arm in ARMS}
    assert set(epochs.values()) == {epochs["torch"]}
    assert 4 < epochs["torch"] < 40
    for arm in ARMS:
        assert told[arm]["test_loss"] == pytest.approx(told["torch"]["test_loss"], rel=1e-3)
