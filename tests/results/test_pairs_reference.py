"""Every pair that learns on file, by one code: it passed every gate of a pair on every arm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import registry
from harness.parity.gates import GATES

FOLDER = Path(__file__).resolve().parents[2] / "results" / "reference" / "parity" / "pairs"
TOLD = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}

OF_SEEDS = {"step"}
"""What is on file at twenty seeds by itself, of those pairs that it says something of."""


def test_every_pair_that_learns_is_on_file_by_the_same_code():
    assert TOLD.keys() == {name for name, workload in registry.workloads().items() if workload.metric}
    assert len({told["source_sha256"] for told in TOLD.values()}) == 1


@pytest.mark.parametrize("name", TOLD)
def test_it_was_tried_on_every_arm_by_every_gate(name):
    asked = registry.find_workload(name)
    tried = {}
    for finding in TOLD[name]["findings"]:
        assert finding["workload"] == name
        tried.setdefault(finding["arm"], set()).add(finding["gate"].partition(" ")[0])
    arms = registry.arms().items()
    assert tried.keys() == {arm for arm, spec in arms if registry.unsupported(spec, asked, "fp64") is None}
    for arm, gates in tried.items():
        assert gates | OF_SEEDS == GATES.keys() - ({"trajectory"} if registry.find_arm(arm).witness else set()), arm


@pytest.mark.parametrize("name", TOLD)
def test_nothing_failed(name):
    failed = [f for f in TOLD[name]["findings"] if f["failed"] or not f["passed"]]
    assert [f"{f['arm']} · {f['gate']}: {f['where']}" for f in failed] == []
