"""The health check on file: no gate of any small pair failed at any seed, in any arm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from large_pairs import LARGE

from harness import registry
from harness.parity.proofs import REQUIRED

pytestmark = pytest.mark.long  # the file does not hold all pairs yet: whoever makes the run takes this line out
FILE = Path(__file__).resolve().parents[2] / "results" / "reference" / "parity" / "seeds.json"
SEEDS = 20
TOLD = json.loads(FILE.read_text(encoding="utf-8"))
SMALL = [name for name in registry.workloads() if name not in LARGE]
OF_SEEDS = {"sensitivity", "forward", "backward", "training"}
"""Gates that must have been run; ``structure`` and ``data`` find the same at every seed."""


def of(workload):
    found = {}
    for finding in TOLD["findings"]:
        if finding["workload"] == workload:
            found.setdefault(finding["arm"], []).append(finding)
    return found


def able(workload):
    asked = registry.find_workload(workload)
    return {name for name, spec in registry.arms().items() if registry.unsupported(spec, asked, "fp64") is None}


def test_there_were_enough_seeds():
    assert len(set(TOLD["seeds"])) >= SEEDS


@pytest.mark.parametrize("workload", SMALL)
def test_a_pair_was_tried_on_every_arm_by_every_gate(workload):
    found = of(workload)
    assert found.keys() == able(workload)
    for arm, findings in found.items():
        gates = {finding["gate"].partition(" ")[0] for finding in findings}
        assert gates >= OF_SEEDS | {gate for gate in REQUIRED if gate != "loss"}, arm
        assert {f["seeds"] for f in findings if f["gate"].partition(" ")[0] in OF_SEEDS} == {len(TOLD["seeds"])}, arm


def test_nothing_failed():
    failed = [f for f in TOLD["findings"] if f["failed"] or not f["passed"]]
    assert [f"{f['workload']} · {f['arm']} · {f['gate']} at {f['failed']}" for f in failed] == []
