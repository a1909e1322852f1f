"""Whatever batches come from, they are those of arrays in memory, in their order; what is learnt is the same."""

import dataclasses

import pytest

from harness import matched, registry
from harness.contract import Loading
from harness.registry import find_workload, load_dataset
from harness.run.coordinator import store_dataset

TIMEOUT_S = 240.0
BASE = dataclasses.replace(find_workload("mlp_digits"), samples=150, batch_size=64, epochs=3)
WAYS = {variant.name: variant.workload.loading for variant in registry.find_technique("data_loading").variants}
COMPILING = ("keras-tensorflow", "keras-jax")
"""Every session of theirs traces or compiles anew."""


def can(arm, loading):
    """Whether an arm has a way, here."""
    workload = dataclasses.replace(BASE, loading=loading)
    return loading is not None and registry.unsupported(registry.find_arm(arm), workload, "fp32") is None


PAIRS = [(arm, name) for arm in registry.arms() for name, loading in WAYS.items() if can(arm, loading)]


@pytest.fixture(scope="module")
def opened(bench, tmp_path_factory):
    """``opened(arm, loading)``: a worker that has a small network open, and the workload."""
    stored = store_dataset(load_dataset(BASE.dataset), tmp_path_factory.mktemp("data"))

    def opened(arm, loading):
        worker, workload = bench.worker(arm, "fp32"), dataclasses.replace(BASE, loading=loading)
        bench.current[worker] = ""
        cell = {"scope": "accuracy", "workload": workload.name, "arm": arm, "precision": "fp32", "threads": 1}
        cell |= {"batch_size": workload.batch_size, "epochs": workload.epochs, "index": 1}
        given = {"dataset": stored.fields, "arrays": str(stored.arrays), "workload": dataclasses.asdict(workload)}
        told = worker.ask("open", TIMEOUT_S, cell=cell, first_step=False, **given)
        return worker, workload, told["settings"]

    return opened


@pytest.mark.parametrize(("arm", "name"), PAIRS)
def test_batches_are_the_same_in_the_same_order(opened, arm, name):
    worker, workload, settings = opened(arm, WAYS[name])
    assert worker.ask("data", TIMEOUT_S) == matched.hash_data(load_dataset(workload.dataset), workload)
    assert settings["loading"]


@pytest.mark.parametrize(
    ("arm", "name"),
    [pytest.param(*pair, marks=pytest.mark.long if pair[0] in COMPILING else ()) for pair in PAIRS],
)
def test_what_is_learnt_is_the_same_to_the_bit(opened, arm, name):
    told = []
    for loading in (None, WAYS[name]):
        worker, workload, _ = opened(arm, loading)
        told.append(worker.ask("train", TIMEOUT_S, seed=1, epochs=workload.epochs))
    expected, found = told
    assert found["final_sha256"] == expected["final_sha256"]
    assert found["epoch_losses"] == expected["epoch_losses"]
    assert expected["final_sha256"] != expected["initial_sha256"]


def test_both_halves_tell_of_a_loader_by_the_same_names(opened):
    told = [opened(arm, WAYS["dataloader_2"])[2] for arm in ("torch", "keras-torch")]
    ours, theirs = ({name: one[name] for name in one if name.startswith("loading")} for one in told)
    assert ours == theirs
    assert ours["loading_workers"] == 2


def test_arms_are_asked_for_every_way_that_one_of_them_has():
    missing = {"dataloader_pinned"} | (
        {"grain"}
        if registry.unsupported(registry.find_arm("torch"), dataclasses.replace(BASE, loading=Loading("grain")), "fp32")
        else set()
    )
    assert {name for _, name in PAIRS} == set(WAYS) - missing - {"memory"}
