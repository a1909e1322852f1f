"""``twinbench advise`` on the recorded run."""

import json
import shutil
from pathlib import Path

import pytest

from harness.store.folder import RunFolder

RECORDED = Path(__file__).resolve().parents[3] / "results" / "reference" / "quick"


@pytest.fixture
def run(tmp_path):
    return shutil.copytree(RECORDED, tmp_path / "run")


def test_advice_is_printed_and_lies_in_the_runs_folder(twinbench, run):
    ended = twinbench("advise", str(run), "--profile", "teaching")
    assert ended.status == 0
    assert "For teaching " in ended.out
    assert "Lines of code" in ended.out
    text = (run / "advice.md").read_text(encoding="utf-8")
    assert text.startswith(f"# Advice from run `{RunFolder(run).read_manifest().run}`: teaching\n")
    assert (run / "advice.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_it_can_be_written_elsewhere_and_told_to_a_program(twinbench, run, tmp_path):
    weights = tmp_path / "weights.yaml"
    weights.write_text("weights: {speed: 1}\n")
    to = tmp_path / "a" / "b"
    ended = twinbench("advise", str(run), "--weights", str(weights), "--to", str(to), "--json")
    assert ended.status == 0
    told = json.loads(ended.out)
    assert told["weights"]["weights"] == {"speed": 1}
    assert told["markdown"] == str(to / "advice.md")
    assert sorted(path.name for path in to.iterdir()) == ["advice.html", "advice.md"]
    assert not (run / "advice.md").exists()
    best = {arm: one["value"] for arm, one in told["criteria"]["speed"]["arms"].items()}
    assert told["totals"] == pytest.approx(best)
    assert max(best.values()) == 1.0


def test_without_a_choice_the_status_says_so(twinbench, run):
    for path in (run / "records").iterdir():
        if json.loads(path.read_text())["content"]["cell"]["arm"] != "torch":
            path.unlink()
    ended = twinbench("advise", str(run))
    assert ended.status == 3
    assert "No verdict: only torch has results to be judged by." in ended.out
    assert (run / "advice.html").exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--profile", "edgy"], "unknown profile 'edgy'; did you mean 'edge'?"),
        (["--weights", "{folder}/none.yaml"], "{folder}/none.yaml: cannot be read: No such file or directory"),
        (["--weights", "{folder}/bad.yaml"], "{folder}/bad.yaml: field 'weights': unknown criterion 'sped'"),
        (["--weights", "{folder}/bad.yaml", "--profile", "edge"], "--weights stands in place of a profile"),
    ],
)
def test_a_wrong_request_writes_nothing(twinbench, run, tmp_path, options, complaint):
    (tmp_path / "bad.yaml").write_text("weights: {sped: 1}\n")
    ended = twinbench("advise", str(run), *(option.format(folder=tmp_path) for option in options))
    assert ended.status == 2
    assert ended.err.startswith("twinbench: ")
    assert complaint.format(folder=tmp_path) in ended.err
    assert not (run / "advice.md").exists()
