"""The health check on file: no gate of a pair, and none of a technique, failed at any of the seeds, in any arm."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from harness import registry
from harness.parity.engine import SEEDLESS, TECHNIQUES
from harness.parity.optimizers import OPTIMIZERS, PARTS_RUN
from harness.parity.pair import has_chance
from harness.parity.proofs import REQUIRED
from harness.parity.stacks import STACKS

FOLDER = Path(__file__).resolve().parents[2] / "results" / "reference" / "parity" / "seeds"
TOLD = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
"""By file: a workload, or ``WORKLOAD-GATE`` for a gate that was run by itself, or gates of techniques."""

OF_TECHNIQUES = {"techniques", "optimizer", "randomness"}
PAIRS = sorted({name.partition("-")[0] for name in TOLD} - OF_TECHNIQUES)

HALVES = ("keras-tensorflow", "keras-jax", "keras-torch")

SEEDS = 20

SILENT = {"mobilenet_mnist5k": {"trajectory"}}
"""Gates that say nothing of a pair, and take long: PyTorch's own float32 is nowhere near its float64
(``docs/proving.md``)."""

OF_SEEDS = {"sensitivity", "forward", "backward", "slope", "train_mode", "training", "trajectory", "dropout"}
"""Gates that must have been run; ``structure`` and ``data`` find the same at every seed. A witness has no float32."""


def able(workload):
    asked = registry.find_workload(workload)
    return {name for name, spec in registry.arms().items() if registry.unsupported(spec, asked, "fp64") is None}


@pytest.mark.parametrize("workload", PAIRS)
def test_a_pair_was_tried_on_every_arm_by_every_gate_at_all_seeds(workload):
    found = {}
    for name, told in TOLD.items():
        if name.partition("-")[0] == workload:
            assert len(set(told["seeds"])) >= SEEDS
            for finding in told["findings"]:
                gate = finding["gate"].partition(" ")[0]
                assert finding["workload"] == workload
                assert finding["seeds"] == len(told["seeds"]) or gate in SEEDLESS
                found.setdefault(finding["arm"], set()).update((gate, finding["gate"]))
    assert found.keys() == able(workload)
    for arm, gates in found.items():
        asked = OF_SEEDS - ({"trajectory"} if registry.find_arm(arm).witness else SILENT.get(workload, set()))
        asked |= {"step"} if has_chance(registry.find_workload(workload)) else set()
        assert gates >= asked | {"forward loud fp64"} | {gate for gate in REQUIRED if gate != "loss"}, arm


@pytest.mark.parametrize("name", TOLD)
def test_nothing_failed(name):
    failed = [f for f in TOLD[name]["findings"] if f["failed"] or not f["passed"]]
    assert [f"{f['workload']} · {f['arm']} · {f['gate']} at {f['failed']}" for f in failed] == []


def test_techniques_were_tried_on_every_arm_by_every_gate():
    tried = {}
    for name in OF_TECHNIQUES:
        assert len(set(TOLD[name]["seeds"])) >= SEEDS
        for finding in TOLD[name]["findings"]:
            assert finding["seeds"] % len(TOLD[name]["seeds"]) == 0  # a parameter and a loss scale share a name
            of_arm = tried.setdefault(finding["arm"], {})
            of_arm.setdefault(finding["gate"].partition(" ")[0], set()).add(finding["workload"])
    assert tried.keys() == registry.arms().keys()
    assert tried["torch"]["randomness"] >= {f"dropout of {title}" for title in STACKS}
    halves = [tried[name] for name in HALVES]
    assert halves[0].keys() == TECHNIQUES.keys()
    assert halves[1:] == halves[:1] * 2


def test_gradients_in_parts_were_tried_of_every_optimizer_on_every_half():
    told = TOLD["optimizer-parts"]
    assert len(set(told["seeds"])) >= SEEDS
    assert {finding["seeds"] for finding in told["findings"]} == {len(told["seeds"])}
    tried = {(f["workload"], f["arm"], f["gate"]) for f in told["findings"]}
    runs, precisions = [f"{row} · {PARTS_RUN}" for row in OPTIMIZERS], ["optimizer fp64", "optimizer fp32"]
    assert tried == {*itertools.product(runs, HALVES, precisions)}


def test_every_pair_that_learns_is_on_file():
    assert set(PAIRS) == {name for name, workload in registry.workloads().items() if workload.metric}


def test_the_page_tells_the_worst_figure_of_each_gate():
    worst = {}
    for told in TOLD.values():
        for found in told["findings"]:
            if found["bound"] and found["figure"] is not None:
                kept = worst.setdefault(found["gate"], found)
                if found["figure"] / found["bound"] > kept["figure"] / kept["bound"]:
                    worst[found["gate"]] = found
    page = (Path(__file__).resolve().parents[2] / "docs" / "proving.md").read_text(encoding="utf-8")
    for gate, found in worst.items():
        row = f"| `{gate}` | {found['figure']:.1e} | {found['bound']:.1e} | `{found['workload']}`, `{found['arm']}` |"
        assert row in page, row
