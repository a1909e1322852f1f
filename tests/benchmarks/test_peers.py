"""Peers begin where ours begin and compute the same function, so that a race compares nothing but speed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import ARMS
from benchmarks.peers.carry import Book, Rule, one, transposed
from harness import registry
from harness.matrix import read_suite

HERE = Path(__file__).resolve().parent
SUITES = sorted((HERE.parents[1] / "benchmarks" / "peers").glob("*.yaml"))
RACED = ("mobilenet_synthetic", "bert_synthetic", "resnet18_synthetic", "resnet50_synthetic", "vit_b16_synthetic",
         "gpt2_synthetic")  # fmt: skip


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setenv("TWINBENCH_ARMS", "benchmarks.peers")
    registry.arms.cache_clear()
    yield registry.arms()
    registry.arms.cache_clear()


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_suite_races_ours_first_against_a_peer_that_has_the_architecture(known, path):
    suite = read_suite(str(path))
    ours, peer = (known[name] for name in suite.arms)
    assert ours not in ARMS
    assert peer in ARMS
    assert set(ours.needs) < set(peer.needs)
    assert [choice.name for choice in suite.workloads] == list(RACED)
    for choice in suite.workloads:
        assert registry.unimplemented(peer, registry.find_workload(choice.name)) is None


def test_there_is_a_suite_for_every_peer(known):
    assert sorted(read_suite(str(path)).arms[1] for path in SUITES) == sorted(spec.name for spec in ARMS)


RULES = (
    Rule(r"attn\.in_proj_(\w+)", lambda own: [f"{name}.{own}" for name in "qkv"], transposed, transposed),
    one(r"(\w+)\.weight", "published.{}"),
)
SHAPES = {"attn.in_proj_weight": (6, 4), "fc.weight": (2, 3)}
PUBLISHED = {**{f"{name}.weight": (4, 2, 1) for name in "qkv"}, "published.fc": (3, 2)}


def test_tensors_are_split_turned_and_come_back():
    book = Book(RULES, SHAPES, PUBLISHED)
    tensors = {name: np.random.default_rng(0).standard_normal(shape) for name, shape in SHAPES.items()}
    there = book.there(tensors)
    assert {name: array.shape for name, array in there.items()} == PUBLISHED
    assert (there["k.weight"][:, :, 0] == tensors["attn.in_proj_weight"][2:4].T).all()
    back = book.here(there)
    assert all((back[name] == tensors[name]).all() for name in tensors)


def test_what_is_not_carried_exactly_once_is_named():
    with pytest.raises(ValueError, match=r"exactly once: published\.extra"):
        Book(RULES, SHAPES, PUBLISHED | {"published.extra": (1,)})
    with pytest.raises(ValueError, match=r"exactly once: published\.fc"):
        Book((*RULES[:1], one(r".*", "published.fc")), SHAPES | {"other.weight": (2, 3)}, PUBLISHED)
    with pytest.raises(ValueError, match="no rule for norm"):
        Book(RULES, SHAPES | {"norm": (1,)}, PUBLISHED)


@pytest.mark.long  # frameworks and models of published depth
@pytest.mark.timeout(900)
@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_peers_are_loaded_alike_and_compute_the_same(arm):
    if absent := [module for module in arm.needs if importlib.util.find_spec(module) is None]:
        pytest.skip(f"not installed: {', '.join(absent)}")
    framework = "torch" if arm.needs[0] == "torch" else "keras"
    done = subprocess.run(
        [sys.executable, str(HERE / "peers_check.py"), framework, *RACED],
        env=os.environ | arm.environment | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for name, found in json.loads(done.stdout).items():
        assert found["same"], name
        assert found["outputs"] < 1e-5, name
        assert found["loss"] < 1e-5, name
