"""Variants of techniques on file: each is one function in every arm, by every gate of a pair."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import registry
from harness.parity.gates import GATES
from harness.parity.pair import has_chance

FOLDER = Path(__file__).resolve().parents[2] / "results" / "reference" / "parity" / "variants"
TOLD = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
"""By family, or ``FAMILY-GATE`` for a gate that was run by itself."""

FAMILIES = sorted({name.partition("-")[0] for name in TOLD})

OF_SOME = {"dropout", "trajectory", "step"}
"""Gates that have nothing to say of some variants; ``step`` has of those that chance has a part in."""

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_variant_was_tried_on_every_arm_by_every_gate(family):
    tried = {}
    for finding in (one for name in TOLD if name.partition("-")[0] == family for one in TOLD[name]["findings"]):
        tried.setdefault((finding["workload"], finding["arm"]), set()).add(finding["gate"].partition(" ")[0])
    wanted = {
        (name, arm)
        for name, variant in registry.variants().items()
        if name.partition(".")[0] == family and not (variant.loading and variant.loading.by == "grain")  # is an extra
        for arm in ARMS
        if registry.unsupported(registry.find_arm(arm), variant, "fp64") is None
    }
    assert wanted
    assert wanted - tried.keys() == set()
    for pair in wanted:
        by_chance = {"step"} if has_chance(registry.find_workload(pair[0])) else set()
        assert tried[pair] >= GATES.keys() - OF_SOME | by_chance, pair


def test_every_family_is_on_file():
    assert set(FAMILIES) == registry.techniques().keys()


@pytest.mark.parametrize("name", TOLD)
def test_nothing_failed(name):
    failed = [f for f in TOLD[name]["findings"] if f["failed"] or not f["passed"]]
    assert [f"{f['workload']} · {f['arm']} · {f['gate']}: {f['where']}" for f in failed] == []
