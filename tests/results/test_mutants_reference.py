"""The faults on file: each was planted in one run of ``twinbench parity --mutants``, caught, and named in its place."""

from __future__ import annotations

import json
from pathlib import Path

from harness.parity.planting import EVERY

FILE = Path(__file__).resolve().parents[2] / "results" / "reference" / "parity" / "mutants.json"
TOLD = json.loads(FILE.read_text(encoding="utf-8"))["verdicts"]


def test_every_fault_was_planted():
    assert {verdict["mutant"] for verdict in TOLD} == {mutant.name for mutant in EVERY}


def test_every_fault_was_caught_and_named_in_the_right_place():
    located = {mutant.name: mutant.located for mutant in EVERY}
    assert [verdict for verdict in TOLD if not verdict["caught"] or not verdict["located"]] == []
    assert [one for one in TOLD if not one["where"].startswith(located[one["mutant"]])] == []
