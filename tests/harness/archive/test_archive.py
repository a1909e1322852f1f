"""Runs as tables: in SQLite, in a real PostgreSQL, in files, and from other machines."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from report_factories import failed, fitted, manifest, raced, trained, whole_run

from harness.archive import arrival, files, index
from harness.contract import Outcome
from harness.store.folder import RunFolder, RunFolderError

HOME = Path(__file__).resolve().parents[3]
RECORDED = HOME / "results" / "reference" / "quick"
QUESTIONS = re.findall(r"```sql\n(.*?)```", (HOME / "docs" / "archive.md").read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture
def results(tmp_path):
    """``results(records, run="mine")`` is a folder of results with one more run in it."""

    def results(records, run="mine", **changes):
        folder = RunFolder(tmp_path / "results" / "runs" / run)
        folder.create()
        folder.write_manifest(manifest(run=run, **changes))
        for number, record in enumerate(records):
            folder.write_record(record.model_copy(update={"key": f"{number:024x}"}))
        return folder

    return results


@pytest.fixture(scope="session")
def recorded_index(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('index') / 'index.db'}"
    index.build(url, [RunFolder(RECORDED)])
    return url


@pytest.fixture(scope="session")
def postgres(absent):
    """A PostgreSQL of our own, for as long as the tests run."""
    programs = [Path(path) for path in sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))]
    if not programs:
        absent("postgresql", "apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="twinbench-pg-"))  # the path of a socket has to be short
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = folder / "data", folder / "log"

    def call(program, *arguments):
        subprocess.run(
            [*as_user, str(programs[-1] / program), "-D", str(data), *arguments], check=True, capture_output=True
        )

    call("initdb", "--auth=trust", "--username=tester", "--encoding=UTF8")
    call("pg_ctl", "-l", str(log), "-w", "-o", f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}", "start")
    yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    call("pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def test_every_record_epoch_and_block_has_its_row(results, tmp_path):
    folder = results([*whole_run(), failed("accuracy", "keras-jax", 7, Outcome.CRASHED, "gone")])
    url = f"sqlite:///{tmp_path / 'index.db'}"
    built = index.build(url, [folder])
    assert (built.runs, built.records, built.left_out) == (1, 13, ())
    counts = {name: index.ask(url, f"SELECT count(*) FROM {name}")[1][0][0] for name in ("runs", "cells", "epochs")}  # noqa: S608
    assert counts == {"runs": 1, "cells": 13, "epochs": 18}
    _, rows = index.ask(url, "SELECT reason, metric, step_ms FROM cells WHERE outcome <> 'ok'")
    assert rows == [("gone", None, None)]
    _, rows = index.ask(url, "SELECT round(step_ms, 6), blocks FROM cells WHERE arm = 'keras-jax' AND scope = 'step'")
    assert rows == [(4.0, 4)] * 3


def test_a_classical_model_is_told_from_networks(results, tmp_path):
    url = f"sqlite:///{tmp_path / 'index.db'}"
    index.build(url, [results([trained("torch", 0, 0.9), fitted("random_forest", 0, 0.95)])])
    _, rows = index.ask(url, "SELECT workload, baseline, metric, train_s, predict_s, epochs FROM cells ORDER BY metric")
    assert rows == [("mlp_digits", None, 0.9, 2.0, None, 3), ("digits", "random_forest", 0.95, 0.5, 0.01, 0)]


def test_an_index_is_built_anew_and_only_read(results, tmp_path):
    url = f"sqlite:///{tmp_path / 'index.db'}"
    for _ in range(2):
        index.build(url, [results(whole_run(1, 1))])
    assert index.ask(url, "SELECT count(*) FROM runs")[1] == [(1,)]
    with pytest.raises(index.IndexFault, match="readonly"):
        index.ask(url, "DELETE FROM cells")
    assert index.ask(url, "SELECT count(*) FROM cells")[1] == [(4,)]


def test_the_last_attempt_is_marked(results, tmp_path):
    folder = results([])
    for attempt, metric in enumerate((0.9, 0.95), start=1):
        folder.write_record(trained("torch", 0, metric).model_copy(update={"attempt": attempt}))
    url = f"sqlite:///{tmp_path / 'index.db'}"
    index.build(url, [folder])
    assert index.ask(url, "SELECT metric FROM cells WHERE last")[1] == [(0.95,)]


def test_damaged_runs_and_records_are_left_out_and_told(results, tmp_path):
    good, bad = results(whole_run(1, 1), "good"), results(whole_run(1, 1), "bad")
    next(iter(good.records.iterdir())).write_text("{")
    (bad.path / "run.json").write_text("{")
    built = index.build(f"sqlite:///{tmp_path / 'index.db'}", [good, bad])
    assert (built.runs, built.records, len(built.left_out)) == (1, 3, 2)


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_the_questions_of_the_page_have_answers(recorded_index, question):
    columns, rows = index.ask(recorded_index, question)
    assert columns
    assert rows


def test_the_page_names_the_columns_that_there_are(recorded_index):
    page = (HOME / "docs" / "archive.md").read_text(encoding="utf-8")
    assert len(QUESTIONS) == 10
    for table in ("runs", "cells", "epochs", "blocks"):
        columns, _ = index.ask(recorded_index, f"SELECT * FROM {table} LIMIT 1")  # noqa: S608
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `{table}` |"))
        assert set(" ".join(re.findall(r"`([^`]*)`", line)).split()) == {table, *columns}


def test_postgresql_answers_as_sqlite_does(postgres, recorded_index):
    index.build(postgres, [RunFolder(RECORDED)])
    for question in QUESTIONS:
        assert len(index.ask(postgres, question)[1]) == len(index.ask(recorded_index, question)[1])
    with pytest.raises(index.IndexFault, match="read-only transaction"):
        index.ask(postgres, "DELETE FROM blocks")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "is no URL of a database"),
        ("mysql://host/name", "mysql is not supported"),
        ("sqlite:////no/such/folder/index.db", "no index"),
        ("postgresql://127.0.0.1:1/none", "connect"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(url, complaint):
    with pytest.raises(index.IndexFault, match=complaint):
        index.ask(url, "SELECT 1")


@pytest.mark.parametrize("form", files.FORMS)
def test_files_hold_what_the_records_hold(results, tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    found, left_out = files.gather([results(whole_run(), 'a|b,"c"\n<script>'.replace("\n", " "))])
    assert left_out == []
    written = files.write(found, tmp_path / "out", form)
    if form == "json":
        cells = pd.DataFrame(json.loads(written[0].read_text(encoding="utf-8"))["cells"])
    else:
        cells = getattr(pd, f"read_{form}")(tmp_path / "out" / f"cells.{form}")
    assert set(cells["run"]) == {'a|b,"c" <script>'}
    assert sorted(cells["metric"].dropna()) == sorted(row["metric"] for row in found["cells"] if row["metric"])
    assert cells["metric"].isna().sum() == 6


def test_runs_of_another_machine_are_taken_in_whole_and_once(results, tmp_path):
    folder = results(whole_run())
    ours = tmp_path / "ours"
    (found,) = arrival.find(tmp_path / "results")
    assert arrival.take(found, ours)
    assert not arrival.take(found, ours)
    assert RunFolder(ours / "mine").read_records() == folder.read_records()
    assert [path.name for path in ours.iterdir()] == ["mine"]


def test_what_is_damaged_or_another_of_that_name_is_not_taken_in(results, tmp_path):
    folder, ours = results(whole_run()), tmp_path / "ours"
    arrival.take(folder, ours)
    folder.write_record(trained("torch", 9, 0.5))
    with pytest.raises(RunFolderError, match="another run of that name"):
        arrival.take(folder, ours)
    next(iter(folder.records.iterdir())).write_text("{")
    with pytest.raises(RunFolderError, match="damaged and not taken in"):
        arrival.take(folder, tmp_path / "theirs")
    assert not (tmp_path / "theirs").exists()


@pytest.mark.parametrize("name", ["../out", ".hidden"])
def test_a_run_cannot_arrive_anywhere_else(results, tmp_path, name):
    folder = results([raced("torch", 0, 1.0)])
    folder.write_manifest(manifest(run=name))
    with pytest.raises(RunFolderError, match="no name of a folder"):
        arrival.take(folder, tmp_path / "ours" / "runs")


def test_the_command_line_builds_asks_exports_and_imports(twinbench, tmp_path):
    results = str(tmp_path / "results")
    assert twinbench("index", "--results", results).status == 2
    assert twinbench("query", "SELECT 1", "--results", results).status == 2
    assert twinbench("import", str(RECORDED), "--results", results).status == 0
    assert "here already" in twinbench("import", str(RECORDED.parent), "--results", results).out
    assert twinbench("index", "--results", results).status == 0
    asked = twinbench("query", "SELECT DISTINCT workload FROM cells ORDER BY 1", "--results", results, "--json")
    assert json.loads(asked.out)[0] == {"workload": "cnn_mnist1d"}
    assert "mlp_digits" in twinbench("query", "SELECT DISTINCT workload FROM cells", "--results", results).out
    assert twinbench("query", "SELECT nonsense FROM cells", "--results", results).status == 2
    out = str(tmp_path / "out")
    name = RunFolder(RECORDED).read_manifest().run
    assert twinbench("export", name, "--results", results, "--to", out).status == 0
    assert (tmp_path / "out" / "cells.csv").is_file()
    ended = twinbench("export", "--format", "cvs", "--results", results, "--to", out)
    assert (ended.status, "did you mean 'csv'" in ended.err) == (2, True)
