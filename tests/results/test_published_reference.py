"""The networks of published size on file: every arm passed the gates of speed, but for the bound of float32."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from large_pairs import BEYOND, PUBLISHED

from harness import registry

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "results" / "reference" / "parity" / "published"
TOLD = {path.stem: json.loads(path.read_text(encoding="utf-8"))["findings"] for path in sorted(FOLDER.glob("*.json"))}
GATES = {"structure", "data", "sensitivity", "forward fp64", "forward fp32"}

UNTRIED = {("gpt2_synthetic", arm) for arm in ("torch", "keras-torch", "keras-tensorflow", "keras-jax")}
"""By ``sensitivity``, as the page says."""


def test_every_network_of_published_size_is_on_file():
    assert sorted(TOLD) == sorted(PUBLISHED)


@pytest.mark.parametrize("name", TOLD)
def test_every_arm_was_tried_by_every_gate_of_speed(name):
    arms = {arm for arm, spec in registry.arms().items() if not spec.witness}
    tried = {(found["arm"], found["gate"]) for found in TOLD[name]}
    untried = {(arm, "sensitivity") for network, arm in UNTRIED if network == name}
    assert tried == {(arm, gate) for arm in arms for gate in GATES} - untried


def test_nothing_is_beyond_its_bound_but_what_is_named():
    failed = {(one["workload"], one["arm"], one["gate"]) for found in TOLD.values() for one in found if one["failed"]}
    assert failed == BEYOND


def test_the_page_tells_every_figure():
    page = (ROOT / "docs" / "proving.md").read_text(encoding="utf-8")
    for name, found in TOLD.items():
        figures = {(one["arm"], one["gate"]): one["figure"] for one in found}
        cells = []
        for arm in ("torch", "keras-torch", "keras-tensorflow", "keras-jax"):
            exact, single = (figures[arm, f"forward {precision}"] for precision in ("fp64", "fp32"))
            told = f"**{single:.1e}**" if (name, arm, "forward fp32") in BEYOND else f"{single:.1e}"
            cells.append(f"{exact:.1e}; {told}")
        assert f"| `{name}` | {' | '.join(cells)} |" in page
