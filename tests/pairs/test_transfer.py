"""Training that begins with what others learnt: every arm begins with the same weights, and moves only what it may."""

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save_file

from benchmarks.pretrained import minilm
from harness.contract import Architecture, Dataset, Transfer
from harness.registry import find_workload

TIMEOUT_S = 240.0
PIECES, TOKENS, SENTENCES = 50, 8, 10
PUBLISHED = find_workload("transfer_text.full_50")
SMALL = dataclasses.replace(
    PUBLISHED,
    architecture=Architecture(
        "transformer",
        "BERT",
        {
            **minilm.ARGUMENTS,
            **{"vocabulary": PIECES, "length": TOKENS, "width": 8, "depth": 2, "heads": 2, "mlp_width": 16},
            **{"pooling": "mean", "num_classes": 2},
        },
    ),
    samples=SENTENCES,
)
EVERY_ARM = pytest.mark.parametrize(
    "arm",
    ["torch", *(pytest.param(arm, marks=pytest.mark.long) for arm in ("keras-tensorflow", "keras-jax", "keras-torch"))],
)
EAGER_ARMS = pytest.mark.parametrize("arm", ["torch", "keras-torch"])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Sentences of random pieces: the fields of the dataset, and where its arrays lie."""
    generator = np.random.default_rng(0)
    arrays = {f"x_{part}": generator.integers(1, PIECES, (SENTENCES, TOKENS)) for part in ("train", "test")}
    arrays |= {f"y_{part}": np.arange(SENTENCES) % 2 for part in ("train", "test")}
    path = tmp_path_factory.mktemp("sentences") / "arrays.safetensors"
    save_file(arrays, path)
    whole = Dataset("pieces", "classification", **arrays, outputs=2, source="", licence="", sha256="")
    return {name: value for name, value in vars(whole).items() if name not in arrays}, path, arrays


@pytest.fixture
def opened(bench, stored):
    """``opened(arm, workload)``: a worker that has it open."""

    def opened(arm, workload):
        worker = bench.worker(arm, "fp32")
        bench.current[worker] = ""
        cell = {"scope": "accuracy", "workload": workload.name, "arm": arm, "precision": "fp32", "threads": 1}
        cell |= {"batch_size": workload.batch_size, "epochs": workload.epochs, "index": 0}
        given = {"dataset": stored[0], "arrays": str(stored[1]), "workload": dataclasses.asdict(workload)}
        worker.ask("open", TIMEOUT_S, cell=cell, first_step=False, **given)
        return worker

    return opened


def read(path):
    with np.load(path) as told:
        return {name: told[name] for name in told.files}


@pytest.fixture
def moved(opened, stored, tmp_path):
    """``moved(arm, transfer)``: the largest step that each tensor takes by one update, in learning rates."""

    def moved(arm, transfer):
        worker = opened(arm, dataclasses.replace(SMALL, transfer=transfer))
        empty, before, after = tmp_path / "empty.npz", tmp_path / "before.npz", tmp_path / "after.npz"
        np.savez(empty)
        worker.ask("probe", TIMEOUT_S, what="dump", given=str(empty), answer=str(before))
        arrays = stored[2]
        orders = np.arange(SENTENCES)[np.newaxis]
        np.savez(empty, x=arrays["x_train"], y=arrays["y_train"], orders=orders, batch_size=np.array(SENTENCES))
        worker.ask("probe", TIMEOUT_S, what="fit", given=str(empty), answer=str(after))
        old, new = read(before), read(after)
        return {name: np.abs(new[name] - old[name]).max() / SMALL.optimizer.learning_rate for name in old}

    return moved


@EVERY_ARM
def test_published_weights_come_into_an_arm_and_the_head_is_drawn(opened, arm, tmp_path):
    answer = tmp_path / "answer.npz"
    opened(arm, PUBLISHED).ask("epoch", TIMEOUT_S, number=0, seed=0, answer=str(answer))
    found = {name.removeprefix("tensor "): array for name, array in read(answer).items() if name != "outputs"}
    published = minilm.tensors()
    assert found.keys() - published.keys() == {"head.weight", "head.bias"}
    assert all(np.array_equal(found[name], tensor) for name, tensor in published.items())
    assert 0.01 < found["head.weight"].std() < 0.03


@EAGER_ARMS
def test_a_frozen_block_stays_with_all_that_is_in_it(moved, arm):
    steps = moved(arm, Transfer("minilm", frozen=("token", "blocks.0")))
    still = {name for name, step in steps.items() if step == 0}
    assert still == {name for name in steps if name.startswith(("token.", "blocks.0."))}
    assert {"blocks.0.attn.in_proj_weight", "blocks.0.attn.out_proj.bias", "blocks.0.fc2.weight"} <= still


@EAGER_ARMS
def test_a_rate_is_for_all_that_is_in_a_block(moved, arm):
    steps = moved(arm, Transfer("minilm", rates={"blocks.1": 0.1, "head": 10.0}))
    expected = {
        name: 0.1 if name.startswith("blocks.1.") else 10.0 if name.startswith("head.") else 1.0 for name in steps
    }
    assert steps == pytest.approx(expected, rel=0.02)  # Adam's first step is the rate, but for its epsilon
