"""``twinbench baseline`` and ``twinbench check`` as a pipeline uses them."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from operation_files import turns, write

from harness.gate import baseline as baselines
from harness.store import envelope

RECORDED = str(Path(__file__).resolve().parents[3] / "results" / "reference" / "quick")


@pytest.fixture
def filed(twinbench, tmp_path):
    path = tmp_path / "baselines" / "quick.json"
    assert twinbench("baseline", RECORDED, "--why", "the first", "--file", str(path)).status == 0
    return path


def edited(path, change):
    """Change an entry of a baseline and sign it again."""
    content = envelope.read(path, newest=1)
    for entry in content["entries"]:
        change(entry)
    envelope.write(path, content)


def test_a_baseline_says_who_when_and_why(filed):
    known = baselines.read(filed)
    assert (known.why, known.suite) == ("the first", "quick")
    assert known.who
    assert known.written
    assert {entry.arm for entry in known.entries} == {"torch", "keras-tensorflow", "keras-jax", "keras-torch"}


def test_three_launches_leave_claims_open_and_say_what_would_decide(twinbench, filed):
    ended = twinbench("check", RECORDED, "--baseline", str(filed), "--json")
    assert ended.status == 3
    claims = json.loads(ended.out)["claims"]
    assert {claim["state"] for claim in claims} == {"held", "open"}
    assert all("in all" in claim["wanted"] for claim in claims if claim["state"] == "open")
    assert twinbench("check", RECORDED, "--baseline", str(filed), "--strict").status == 1


def test_a_failure_reaches_the_pipeline_in_every_form(twinbench, filed, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    edited(filed, lambda entry: entry.update(peak_rss_mib=1.0))
    ended = twinbench("check", RECORDED, "--baseline", str(filed), "--junit", str(tmp_path / "check.xml"))
    assert ended.status == 1
    assert "16 failed" in ended.out
    assert ended.err.count("::error title=") == 16
    assert "| FAILED | as small as before |" in (tmp_path / "summary.md").read_text()
    suite = ET.parse(tmp_path / "check.xml").getroot()  # noqa: S314  (our own file)
    assert len(suite.findall("testcase/failure")) == 16


def test_without_a_baseline_targets_and_reference_are_claims_enough(twinbench):
    ended = twinbench("check", RECORDED, "--json")
    kinds = {claim["claim"] for claim in json.loads(ended.out)["claims"]}
    assert {"parity", "equal", "target"} <= kinds
    assert not kinds & {"speed", "accuracy", "memory"}


def test_single_operations_are_filed_and_held_against(twinbench, tmp_path):
    ops, filed = str(write(tmp_path / "ops.json", turns([2.0, 2.0]))), str(tmp_path / "b.json")
    made = twinbench("baseline", RECORDED, "--why", "operations", "--file", filed, "--ops", ops)
    assert "and 2 on single operations" in made.out
    held = json.loads(twinbench("check", RECORDED, "--baseline", filed, "--ops", ops, "--json").out)["claims"]
    assert [claim["state"] for claim in held if claim["claim"] == "operation"] == ["held", "held"]
    ended = twinbench("check", RECORDED, "--baseline", filed, "--json")
    assert ended.status == 1
    assert [c["figure"] for c in json.loads(ended.out)["claims"] if c["state"] == "failed"] == ["none was given: --ops"]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda path: path.unlink(), "no baseline"),
        (lambda path: path.write_text(path.read_text()[:200]), "no usable baseline"),
        (lambda path: path.write_text(path.read_text().replace("the first", "the last")), "no usable baseline"),
        (lambda path: envelope.write(path, {"schema_version": 99}), "no usable baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(twinbench, filed, spoil, complaint):
    spoil(filed)
    ended = twinbench("check", RECORDED, "--baseline", str(filed))
    assert ended.status == 2
    assert complaint in ended.err
    assert str(filed) in ended.err


def test_a_baseline_wants_a_reason(twinbench, tmp_path):
    ended = twinbench("baseline", RECORDED, "--file", str(tmp_path / "b.json"))
    assert ended.status == 2
    assert "--why" in ended.err
    assert not (tmp_path / "b.json").exists()
