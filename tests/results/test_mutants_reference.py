"""The faults on file: each was planted as ``twinbench parity --mutants`` does, caught, and named in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.parity.planting import EVERY, Verdict

FOLDER = Path(__file__).resolve().parents[2] / "results" / "reference" / "parity"
TOLD = [
    verdict
    for name in ("mutants.json", "mutants_fifth.json", "mutants_sixth.json", "mutants_seventh.json")
    for verdict in json.loads((FOLDER / name).read_text(encoding="utf-8"))["verdicts"]
]
"""All in one run, and those of the fifth set and later ones, which are newer, in others."""


def test_every_fault_was_planted():
    assert {verdict["mutant"] for verdict in TOLD} == {mutant.name for mutant in EVERY}


def test_every_fault_was_caught_and_named_in_the_right_place():
    planted = {mutant.name: mutant for mutant in EVERY}
    verdicts = [Verdict(planted[one["mutant"]], one["caught"], one["where"]) for one in TOLD]
    assert [verdict for verdict in verdicts if not verdict.caught or not verdict.located] == []


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("blind.json", "fourth"),
        *((f"blind_{which}.json", which) for which in ("fifth", "sixth", "seventh")),
    ],
)
def test_the_page_tells_the_score_of_the_first_run_of_faults_by_a_stranger(name, which):
    verdicts = json.loads((FOLDER / name).read_text(encoding="utf-8"))["verdicts"]
    caught = [verdict for verdict in verdicts if verdict["caught"]]
    page = " ".join((FOLDER.parents[2] / "docs" / "proving.md").read_text(encoding="utf-8").split())
    assert f"A {which} set, {len(verdicts)} faults" in page
    assert f"the gates caught {len(caught)}" in page.partition(f"A {which} set")[2].partition(" set, ")[0]
