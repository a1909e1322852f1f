"""Runs for TensorBoard and in MLflow: the figures of the records, once, with their steps."""

import importlib.util
import itertools
from pathlib import Path

import pytest
from event_files import read
from report_factories import failed, manifest, raced, trained, whole_run

from harness.archive import events, tracking
from harness.archive.files import ExportFault
from harness.contract import Outcome
from harness.store.folder import RunFolder, latest

RECORDED = Path(__file__).resolve().parents[3] / "results" / "reference" / "quick"


@pytest.fixture
def run(tmp_path):
    """``run(records, name)``: a run's folder."""

    places = (tmp_path / "runs" / f"{number}" for number in itertools.count())

    def run(records, name="mine", **changes):
        folder = RunFolder(next(places))
        folder.create()
        folder.write_manifest(manifest(run=name, **changes))
        for number, record in enumerate(records):
            folder.write_record(record.model_copy(update={"key": f"{number:024x}"}))
        return folder

    return run


def test_a_recorded_run_is_a_folder_of_event_files(twinbench, tmp_path):
    asked = ("export", str(RECORDED), "--format", "tensorboard", "--to", str(tmp_path / "out"))
    ended = twinbench(*asked)
    assert ended.status == 0
    assert f"export: follow it with: tensorboard --logdir {tmp_path / 'out'}\n" in ended.out
    folder = tmp_path / "out" / RunFolder(RECORDED).read_manifest().run
    records = [one for one in latest(RunFolder(RECORDED).read_records()[0]) if one.accuracy or one.timing]
    assert len(list(folder.rglob("events.out.tfevents.*"))) == len(records)
    one = next(one for one in records if (one.cell.workload, one.cell.arm, one.cell.seed) == ("mlp_digits", "torch", 1))
    told = {
        value.tag: value.simple_value
        for event in read(folder / "mlp_digits-fp32" / "torch-seed-1")
        for value in event.summary.value
    }
    assert told["accuracy/test"] == pytest.approx(one.accuracy.metric)
    assert told["loss/train"] == pytest.approx(one.accuracy.epoch_losses[-1])
    again = twinbench(*asked)
    assert (again.status, "is there already; name another folder with --to" in again.err) == (2, True)


def test_a_run_cannot_be_exported_anywhere_else(run, tmp_path):
    paths, _ = events.write([run(whole_run(1, 0), "../../<out>")], tmp_path / "out")
    assert paths == [tmp_path / "out" / "%2E.%2F..%2F%3Cout%3E"]
    assert paths[0].is_dir()


def test_damaged_records_are_left_out_and_told_and_a_run_of_failures_is_no_folder(run, tmp_path):
    damaged, empty = run(whole_run(1, 1)), run([failed("step", "torch", 0, Outcome.CRASHED, "gone")], "failures")
    next(iter(damaged.records.iterdir())).write_text("{")
    paths, left_out = events.write([damaged, empty], tmp_path / "out")
    assert paths == [tmp_path / "out" / "mine"]
    assert len(left_out) == 1


def test_without_mlflow_the_extra_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExportFault, match=r"pip install 'twinbench\[tracking\]'"):
        tracking.write([run(whole_run(1, 1))], tracking.address(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "to", "where"),
    [
        ("http://host:5000", None, "http://host:5000"),
        ("http://host:5000", Path("/there"), "sqlite:////there/mlflow.db"),
        (None, Path("/there"), "sqlite:////there/mlflow.db"),
    ],
)
def test_a_folder_that_is_named_comes_before_the_server(monkeypatch, given, to, where):
    if given:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", given)
    else:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking.address(to) == where


def test_a_password_is_not_shown():
    assert tracking.shown("https://me:secret@host/mlflow") == "https://***@host/mlflow"
    assert tracking.shown("sqlite:////there/mlflow.db") == "sqlite:////there/mlflow.db"


@pytest.fixture
def client(tmp_path, monkeypatch, absent):
    """MLflow's own client of what was exported to ``tmp_path / "out"``."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    if any(importlib.util.find_spec(name) is None for name in ("mlflow", "alembic")):
        absent("mlflow", "pip install 'twinbench[tracking]'")
    import mlflow

    return lambda: mlflow.MlflowClient(tracking_uri=tracking.address(tmp_path / "out"))


def test_mlflow_has_a_run_for_each_cell_below_one_with_the_report(client, run, twinbench, tmp_path):
    records = [
        trained("torch", 3, 0.9, losses=(1.0, 0.5)),
        raced("torch", 0, [2.0, 2.5]),
        failed("accuracy", "keras-jax", 3, Outcome.CRASHED, "signal 11"),
        failed("step", "keras-jax", 0, Outcome.INTERRUPTED, "the run was interrupted"),
    ]
    folder = run(records)
    (folder.path / "report.md").write_text("# Report\n")
    ended = twinbench("export", str(folder.path), "--format", "mlflow", "--to", str(tmp_path / "out"))
    assert (ended.status, ended.out) == (0, f"export: 4 cells of 1 runs to sqlite:///{tmp_path}/out/mlflow.db\n")
    found = client()
    experiment = found.get_experiment_by_name("twinbench quick")
    runs = {one.info.run_name: one for one in found.search_runs([experiment.experiment_id])}
    assert {name: one.info.status for name, one in runs.items()} == {
        "mine": "FINISHED",
        "mlp_digits-fp32 torch-seed-3": "FINISHED",
        "mlp_digits-fp32 torch-launch-0": "FINISHED",
        "mlp_digits-fp32 keras-jax-seed-3": "FAILED",
        "mlp_digits-fp32 keras-jax-launch-0": "KILLED",
    }
    whole, training = runs["mine"], runs["mlp_digits-fp32 torch-seed-3"]
    assert {one.data.tags.get("mlflow.parentRunId") for one in runs.values()} == {None, whole.info.run_id}
    assert {one.path for one in found.list_artifacts(whole.info.run_id)} == {"run.json", "report.md"}
    assert whole.data.params["launches"] == "3"
    assert whole.data.params["cpu.cores"] == "2"

    def history(one, name):
        return [(point.step, point.value) for point in found.get_metric_history(one.info.run_id, name)]

    assert history(training, "loss/train") == [(1, 1.0), (2, 0.5)]
    assert history(training, "accuracy/test") == [(2, 0.9)]
    assert history(runs["mlp_digits-fp32 torch-launch-0"], "milliseconds/step") == [(1, 2.0), (2, 2.5)]
    assert (training.data.params["arm"], training.data.params["index"]) == ("torch", "3")
    assert runs["mlp_digits-fp32 keras-jax-seed-3"].data.tags["reason"] == "signal 11"
    again = twinbench("export", str(folder.path), "--format", "mlflow", "--to", str(tmp_path / "out"))
    assert (again.status, "MLflow has run mine already" in again.err) == (2, True)


def test_long_curves_and_hostile_names_go_in_whole(client, run, tmp_path):
    losses = [1 / (epoch + 1) for epoch in range(2500)]
    script = "</script><script>alert(1)</script>"
    folder = run([trained(script, 0, 0.9, losses=losses)], f"{script} 數字", environment={script: script})
    assert tracking.write([folder], tracking.address(tmp_path / "out")) == (1, [])
    found = client()
    experiment = found.get_experiment_by_name("twinbench quick")
    (cell,) = [one for one in found.search_runs([experiment.experiment_id]) if "loss/train" in one.data.metrics]
    assert len(found.get_metric_history(cell.info.run_id, "loss/train")) == 2500
    assert cell.data.params["arm"] == script
