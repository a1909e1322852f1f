"""Runs with little in them, hostile or damaged, put to every command that reads a run: an answer or a refusal."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pandas as pd
import pytest
from dashboard_runs import HOSTILE
from report_factories import failed, manifest, trained, whole_run

from harness import registry
from harness.archive import index
from harness.contract import Outcome
from harness.gate import baseline
from harness.report.summary import summarize
from harness.store.folder import RunFolder

SCRIPT, _, MARKS, FOREIGN, QUOTES = HOSTILE
ARMS = ("torch", "keras-jax")
CRASHED = [failed(scope, arm, 0, Outcome.CRASHED, "gone") for arm in ARMS for scope in ("step", "accuracy")]
RUNS = {
    "empty": ([], manifest()),
    "only failures": (CRASHED, manifest(launches=1, seeds=1)),
    "one arm": ([r for r in whole_run(5, 8) if r.cell.arm == "torch"], manifest(["torch"], launches=8, seeds=5)),
    "one seed": (whole_run(1, 1), manifest(launches=1, seeds=1)),
    "hostile": (
        [
            *whole_run(rival=SCRIPT, settings={SCRIPT: MARKS, "a/../../b": QUOTES}),
            *(r for r in whole_run(rival=MARKS, settings={MARKS: FOREIGN}) if r.cell.arm == MARKS),
            failed("step", FOREIGN, 0, Outcome.CRASHED, f"{SCRIPT}\n{MARKS} {QUOTES}", log="../../etc/passwd"),
        ],
        manifest(
            ("torch", SCRIPT, MARKS, FOREIGN),
            environment={"cpu": SCRIPT, "commit": MARKS, SCRIPT: [FOREIGN, QUOTES]},
            command=["twinbench", "run", SCRIPT, QUOTES],
        ),
    ),
    "truncated": (whole_run(), manifest()),
    "tampered": (whole_run(), manifest()),
}
SOUND = (whole_run(5, 8), manifest(launches=8, seeds=5, run="sound"))
LEFT_OUT = {"truncated": "not a whole record", "tampered": "its checksum does not match its content"}
ANSWERED = {"check": {1, 3}, "compare": {0}, "advise": {0, 3}, "report": {0}, "export": {0}}
SHARED_BY_NONE = {"empty", "only failures"}


def write(folder, records, run):
    stored = RunFolder(folder)
    stored.create()
    stored.write_manifest(run)
    for number, record in enumerate(records):
        stored.write_record(record.model_copy(update={"key": f"{number:024x}"}))
    return stored


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Every run on disk, by name; beside them one that is sound, and its baseline."""
    home = tmp_path_factory.mktemp("bad")
    found = {name: write(home / name.replace(" ", "_"), *made) for name, made in RUNS.items()}
    first = sorted(found["truncated"].records.iterdir())[0]
    first.write_text(first.read_text(encoding="utf-8")[:200], encoding="utf-8")
    first = sorted(found["tampered"].records.iterdir())[0]
    first.write_text(first.read_text(encoding="utf-8").replace('"metric": 0.95', '"metric": 0.99'), encoding="utf-8")
    found["sound"] = write(home / "sound", *SOUND)
    known = summarize(SOUND[1], SOUND[0], registry.workloads())
    baseline.write(home / "baseline.json", baseline.make(known, "a test"))
    return found


class Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.parametrize("command", ANSWERED)
def test_every_command_answers(runs, twinbench, tmp_path, command, kind):
    run, sound = runs[kind].path, runs["sound"].path
    arguments = {
        "check": [run, "--baseline", sound.parent / "baseline.json", "--junit", tmp_path / "check.xml"],
        "compare": [run, sound, "--across-machines", "--markdown", tmp_path / "changes.md"],
        "advise": [run, "--to", tmp_path],
        "report": [run],
        "export": [run, "--format", "json", "--to", tmp_path],
    }[command]
    ended = twinbench(command, *map(str, arguments))
    if command == "compare" and kind in SHARED_BY_NONE:
        assert (ended.status, "share no arm on any workload" in ended.err) == (2, True)
        return
    assert ended.status in ANSWERED[command], ended.err
    told = [line for line in ended.err.splitlines() if line and "the baseline is of another machine" not in line]
    assert len(told) == (kind in LEFT_OUT)
    assert all(line.startswith("twinbench: left out: ") and LEFT_OUT[kind] in line for line in told)
    written = [*tmp_path.iterdir(), *(run / name for name in ("report.md", "report.html") if command == "report")]
    for path in written:
        look(path, path.read_text(encoding="utf-8"))


def look(path, text):
    """Refuse what a reader of a file could be harmed or misled by."""
    if path.suffix == ".md":
        text = re.sub(r"^```$.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)  # what is typed stands as it is
        assert not re.search(r"(?<!\\)<(script|img)", text)
        assert not re.search(r"\bnan\b", text)
    elif path.suffix == ".html":
        tags = Tags(text).found
        assert "img" not in {tag for tag, _ in tags}
        assert all("src" not in attributes for _, attributes in tags)
        assert "alert(" not in "".join(re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL))
    elif path.suffix == ".xml":
        assert ET.fromstring(text).findall("testcase")  # noqa: S314  (our own file)
    else:
        json.loads(text)


def test_a_tampered_figure_is_nowhere(runs, twinbench, tmp_path):
    assert twinbench("export", str(runs["tampered"].path), "--to", str(tmp_path)).status == 0
    metrics = pd.read_csv(tmp_path / "cells.csv")["metric"].dropna()
    assert len(metrics) == 5
    assert 0.99 not in set(metrics)


def test_hostile_names_come_back_from_tables_and_index_as_they_are(runs, twinbench, tmp_path):
    hostile = runs["hostile"]
    assert twinbench("export", str(hostile.path), "--to", str(tmp_path)).status == 0
    cells = pd.read_csv(tmp_path / "cells.csv")
    assert {SCRIPT, MARKS, FOREIGN} < set(cells["arm"])
    (reason,) = cells["reason"].dropna()
    assert reason == f"{SCRIPT}\n{MARKS} {QUOTES}".replace("\ud800", "\\ud800")  # which no file can hold
    events = twinbench("export", str(hostile.path), "--format", "tensorboard", "--to", str(tmp_path / "events"))
    assert events.status == 0, events.err
    written = [path.resolve() for path in tmp_path.rglob("events.out*")]
    assert written
    assert all(path.is_relative_to((tmp_path / "events").resolve()) for path in written)
    url = f"sqlite:///{tmp_path / 'index.db'}"
    index.build(url, [hostile])
    assert {row[0] for row in index.ask(url, "SELECT DISTINCT arm FROM cells")[1]} == {"torch", SCRIPT, MARKS, FOREIGN}


def test_a_run_of_which_nothing_can_be_read_is_an_empty_one(runs, twinbench, tmp_path):
    spoilt = write(tmp_path / "spoilt", [trained("torch", 0, 0.9)], manifest())
    for path in spoilt.records.iterdir():
        path.write_text("{", encoding="utf-8")
    ended = twinbench("report", str(spoilt.path))
    assert ended.status == 0
    text = (spoilt.path / "report.md").read_text(encoding="utf-8")
    assert "**no cell gave a result.**" in text
    assert "**1 damaged record left out**" in text
