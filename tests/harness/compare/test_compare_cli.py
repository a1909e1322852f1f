"""``twinbench compare`` as somebody types it."""

import json
import shutil
from pathlib import Path

import pytest

from harness.store import envelope

RECORDED = Path(__file__).resolve().parents[3] / "results" / "reference" / "quick"


@pytest.fixture
def other(tmp_path):
    """``other(change)`` is a copy of the recorded run whose manifest was changed."""

    def other(change):
        folder = tmp_path / f"other-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(RECORDED, folder)
        content = envelope.read(folder / "run.json", newest=1)
        change(content)
        envelope.write(folder / "run.json", content)
        return str(folder)

    return other


def test_versions_and_settings_that_changed_are_listed(twinbench, other):
    def change(run):
        run["environment"]["commit"] = "f" * 40
        for arm in run["arms"]:
            arm["versions"] |= {"torch": "2.14.0"} if "torch" in arm["versions"] else {}
        run["suite"]["threads"] = 1

    ended = twinbench("compare", str(RECORDED), other(change), "--json")
    assert ended.status == 0
    document = json.loads(ended.out)
    changed = {one["what"]: one["after"] for one in document["changed"]}
    assert changed["commit"] == "ffffffffffff"
    assert changed["torch"] == "2.14.0"
    assert len(document["shared"]) == 18
    assert {one["ratio"]["change"] for one in document["shared"] if one["ratio"]} == {1.0}


@pytest.mark.parametrize("field", ["cpu", "gpu", "gpu_driver", "gpu_power_limit_w", "gpu_mig"])
def test_a_machine_is_its_processors_and_how_they_are_set(twinbench, other, field):
    one, another = (other(lambda run, value=value: run["environment"].update({field: value})) for value in "ab")
    ended = twinbench("compare", one, another)
    assert ended.status == 2
    assert f"come from two machines ({field}: a and b)" in ended.err


def test_two_machines_are_refused_unless_asked_for(twinbench, other):
    elsewhere = other(lambda run: run["environment"].update(cpu="Another processor"))
    ended = twinbench("compare", str(RECORDED), elsewhere)
    assert ended.status == 2
    assert "come from two machines (cpu: " in ended.err
    assert "--across-machines" in ended.err
    ended = twinbench("compare", str(RECORDED), elsewhere, "--across-machines")
    assert ended.status == 0
    assert "Another processor" in ended.out
    assert "Two machines: only what was measured relative" in ended.out
    document = json.loads(twinbench("compare", str(RECORDED), elsewhere, "--across-machines", "--json").out)
    assert document["across_machines"]
    assert {(one["metric"], one["step_ms"], one["peak_rss_mib"]) for one in document["shared"]} == {(None, None, None)}


@pytest.mark.parametrize("proofs", [None, []])
def test_a_run_without_proof_is_marked(twinbench, other, proofs):
    ended = twinbench("compare", str(RECORDED), other(lambda run: run.update(proofs=proofs)))
    assert ended.status == 0
    assert ("Unverified: the second run was not asked to prove its pairs." in ended.out) == (proofs is None)
    assert "the first run was not asked" not in ended.out


def test_markdown_has_the_same_tables_and_breaks_on_no_name(twinbench, other, tmp_path):
    path = tmp_path / "changes.md"
    hostile = other(lambda run: run["environment"].update(commit="<script>|`x`"))
    assert twinbench("compare", str(RECORDED), hostile, "--markdown", str(path)).status == 0
    text = path.read_text(encoding="utf-8")
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {4, 11}


def test_runs_that_share_nothing_and_runs_that_are_not_there_are_refused(twinbench, other, tmp_path):
    empty = other(lambda run: None)
    shutil.rmtree(Path(empty) / "records")
    assert "share no arm on any workload" in twinbench("compare", str(RECORDED), empty).err
    ended = twinbench("compare", str(RECORDED), str(tmp_path / "nowhere"))
    assert ended.status == 2
