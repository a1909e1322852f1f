"""``twinbench baseline update`` and ``twinbench check`` as a pipeline uses them."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from operation_files import turns, write

from harness import registry
from harness.gate import baseline as baselines
from harness.matrix import read_suite
from harness.stats import MIN_LAUNCHES, MIN_SEEDS
from harness.store import envelope

RECORDED = str(Path(__file__).resolve().parents[3] / "results" / "reference" / "quick")


@pytest.fixture
def filed(twinbench, tmp_path):
    path = tmp_path / "baselines" / "quick.json"
    assert twinbench("baseline", "update", RECORDED, "--why", "the first", "--file", str(path)).status == 0
    return path


def edited(path, change):
    """Change the entries of a baseline and sign it again."""
    content = envelope.read(path, newest=baselines.BASELINE_VERSION)
    for entry in content["entries"]:
        change(entry)
    envelope.write(path, content)


def test_a_baseline_says_who_when_and_why(filed):
    known = baselines.read(filed)
    assert (known.why, known.suite) == ("the first", "quick")
    assert known.who
    assert known.written
    assert {entry.arm for entry in known.entries} == {"torch", "keras-tensorflow", "keras-jax", "keras-torch"}


def test_a_baseline_says_what_it_was_measured_with(filed):
    known = baselines.read(filed)
    settings = {entry.workload: entry.setting for entry in known.entries}
    lenet = settings["lenet_mnist5k"]
    assert (lenet.epochs, lenet.batch_size, lenet.threads, lenet.device, lenet.interleaved) == (4, 64, 2, "cpu", True)
    assert lenet.dataset_sha256.startswith("1883ed4d")
    assert len({setting.dataset_sha256 for setting in settings.values()}) == 3
    assert known.environment["cpu"].startswith("Intel")
    assert known.versions.keys() >= {"torch", "keras", "jax"}


def test_another_machine_is_told_and_no_obstacle(twinbench, filed, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    own = twinbench("check", RECORDED, "--baseline", str(filed), "--json")
    assert (own.err, json.loads(own.out)["another_machine"]) == ("", [])
    assert "another machine" not in (tmp_path / "summary.md").read_text()
    content = envelope.read(filed, newest=baselines.BASELINE_VERSION)
    envelope.write(filed, content | {"environment": content["environment"] | {"cpu": "an abacus"}})
    ended = twinbench("check", RECORDED, "--baseline", str(filed), "--json")
    assert "the baseline is of another machine (cpu: an abacus, here Intel" in ended.err
    told = json.loads(ended.out)
    assert told["claims"] == json.loads(own.out)["claims"]
    assert [(change["what"], change["before"]) for change in told["another_machine"]] == [("cpu", "an abacus")]
    assert "cpu: an abacus" in (tmp_path / "summary.md").read_text()


def test_figures_of_another_setting_are_open_and_say_which(twinbench, filed):
    edited(filed, lambda entry: entry["setting"].update(threads=8, epochs=3))
    ended = twinbench("check", RECORDED, "--baseline", str(filed), "--json")
    assert ended.status == 3
    found = {(c["claim"], c["subject"]): c for c in json.loads(ended.out)["claims"]}
    speed = found["speed", "mlp_digits · fp32 · keras-jax"]
    assert (speed["state"], speed["wanted"]) == ("open", "a baseline of the same threads")
    assert (speed["figure"].partition(" ")[2], speed["bound"].partition("(")[2]) == ("(threads 2)", "threads 8)")
    assert found["accuracy", "lenet_mnist5k · fp32 · torch"]["wanted"] == "a baseline of the same epochs"
    assert {c["state"] for (kind, _), c in found.items() if kind in ("speed", "memory", "accuracy")} == {"open"}


def test_a_run_serves_a_smaller_suite(twinbench, tmp_path):
    mine = tmp_path / "mine.yaml"
    suite = ["title: Mine", "arms: [torch, keras-jax]", "launches: 8", "seeds: 10", "workloads: [mlp_digits]"]
    mine.write_text("\n".join(suite))
    path = tmp_path / "mine.json"
    made = ["baseline", "update", RECORDED, "--suite", str(mine), "--why", "mine", "--file", str(path)]
    assert twinbench(*made).status == 0
    known = baselines.read(path)
    assert known.suite == "mine"
    assert [entry.key for entry in known.entries] == [("mlp_digits", "fp32", arm) for arm in ("torch", "keras-jax")]
    mine.write_text("\n".join([*suite[:-1], "workloads: [mlp_digits, vit_mnist5k]"]))
    ended = twinbench(*made)
    assert (ended.status, "lacks what mine asks for: vit_mnist5k · fp32" in ended.err) == (2, True)


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
    ops, filed = str(write(tmp_path / "ops.json", turns([2.0] * 8))), str(tmp_path / "b.json")
    made = twinbench("baseline", "update", RECORDED, "--why", "operations", "--file", filed, "--ops", ops)
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
        (lambda path: envelope.write(path, {"schema_version": 1}), "write it anew: twinbench baseline update"),
    ],
)
def test_what_is_no_baseline_is_refused(twinbench, filed, spoil, complaint):
    spoil(filed)
    ended = twinbench("check", RECORDED, "--baseline", str(filed))
    assert ended.status == 2
    assert complaint in ended.err
    assert str(filed) in ended.err


def test_a_baseline_wants_a_reason(twinbench, tmp_path):
    ended = twinbench("baseline", "update", RECORDED, "--file", str(tmp_path / "b.json"))
    assert ended.status == 2
    assert "--why" in ended.err
    assert not (tmp_path / "b.json").exists()


COMMITTED = Path(__file__).resolve().parents[3] / "results" / "baselines" / "ci.json"


def test_the_baseline_of_the_suite_ci_is_what_a_run_of_that_suite_is_held_against():
    known, suite = baselines.read(COMMITTED), read_suite("ci")
    assert known.suite == suite.name
    assert known.why
    asked = {(choice.name, arm) for choice in suite.workloads for arm in suite.runners(choice)}
    assert {(entry.workload, entry.arm) for entry in known.entries} == asked
    assert {entry.precision for entry in known.entries} == {*suite.precisions}
    epochs = {choice.name: choice.epochs or registry.find_workload(choice.name).epochs for choice in suite.workloads}
    for entry in known.entries:
        setting, spec = entry.setting, registry.find_workload(entry.workload)
        assert (setting.epochs, setting.batch_size, setting.threads) == (
            epochs[entry.workload], spec.batch_size, suite.threads
        )  # fmt: skip
        assert setting.interleaved == suite.interleaved
        assert entry.metric.count >= MIN_SEEDS
        assert entry.reference == "torch"
        assert entry.arm == "torch" or entry.log_ratio.count >= MIN_LAUNCHES


def test_the_run_that_the_baseline_was_made_of_holds_against_it(twinbench):
    """It has more workloads than the suite, and as many seeds and launches; the claims are those of the baseline."""
    recorded = str(Path(RECORDED).parent / "cpu")
    ended = twinbench("check", recorded, "--baseline", str(COMMITTED), "--json")
    assert ended.status in {0, 3}
    found = [claim for claim in json.loads(ended.out)["claims"] if claim["claim"] in {"speed", "accuracy", "memory"}]
    assert len(found) == 16 + 12 + 16
    assert "failed" not in {claim["state"] for claim in found}
    assert not [claim for claim in found if "a baseline of" in (claim["wanted"] or "")]
