"""Classical models in a run: real processes, what is on record of them, what goes wrong and what is resumed."""

import dataclasses

import numpy as np
import pytest
from chaos_classical import CHAOS
from sklearn.neighbors import KNeighborsClassifier

from harness import registry
from harness.contract import Cell, Outcome
from harness.run.baselines import Fitting
from harness.run.coordinator import Coordinator, arm_status, cell_key
from harness.store.folder import RunFolder


def suite_of(small_suite, *baselines, **changes):
    return small_suite("healthy-one", launches=0, baselines=list(baselines), **changes)


@pytest.fixture(scope="module")
def fitted(carry_out, small_suite):
    """A run that trained softmax regression in a chaos arm and fitted two models to its dataset, with one seed."""
    return carry_out(suite_of(small_suite, "nearest_neighbours", "random_forest"))


def record_of(ran, baseline):
    (record,) = [record for record in ran.records("sklearn", "accuracy") if record.cell.baseline == baseline]
    return record


def test_a_model_is_fitted_in_a_process_of_its_own_and_put_on_record(fitted):
    record = record_of(fitted, "nearest_neighbours")
    assert record.outcome is Outcome.OK, record.reason
    assert record.cell == Cell("accuracy", "digits", "sklearn", "fp64", 1, 0, 0, 0, baseline="nearest_neighbours")
    data = registry.load_dataset("digits")
    x, tests = (part.reshape(len(part), -1).astype(np.float64) for part in (data.x_train, data.x_test))
    alone = KNeighborsClassifier(5, algorithm="brute").fit(x, data.y_train)
    assert record.fit.metric == alone.score(tests, data.y_test)
    assert record.fit.measure == "accuracy"
    assert record.fit.train_s > 0
    assert record.fit.predict_s > 0
    assert record.fit.pressure is None or 0 <= record.fit.pressure <= 1
    assert (record.frameworks, record.dataset_sha256, record.accuracy) == ([], data.sha256, None)
    assert record.settings["model"] == "KNeighborsClassifier"
    assert record.settings["arguments"]["n_jobs"] == 1
    assert set(record.settings["threads"].values()) == {1}
    assert (fitted.folder.path / record.log).exists()


def test_progress_and_manifest_know_of_them(fitted, small_suite):
    assert fitted.progress.told[0] == (3, 0)
    assert ("baselines-s0", "random_forest on digits") in fitted.progress.told
    *_, classical = arm_status(suite_of(small_suite, "random_forest"))
    assert (classical.name, classical.supported) == ("sklearn", True)
    assert "scikit-learn" in classical.versions
    assert [status.name for status in arm_status(suite_of(small_suite))] == ["healthy-one"]


def test_only_what_is_missing_is_fitted_again(fitted, small_suite, silent):
    suite = suite_of(small_suite, "nearest_neighbours", "random_forest")
    lost, kept = (record_of(fitted, name) for name in ("random_forest", "nearest_neighbours"))
    (fitted.folder.records / f"{lost.key}-1.json").unlink()
    progress = silent()
    Coordinator(suite, fitted.folder, progress).run()
    assert progress.told[0] == (3, 2)
    again = record_of(fitted, "random_forest")
    assert (again.key, again.fit.metric) == (lost.key, lost.fit.metric)  # the same seed grows the same trees
    assert record_of(fitted, "nearest_neighbours") == kept


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        ("Fails", Outcome.CRASHED, "baseline: ValueError: no such thing as a kernel"),
        ("Exits", Outcome.CRASHED, "baseline: exited with status 3"),
        ("Misshapes", Outcome.CRASHED, "predictions of shape (359,), not (359, 10)"),
        ("Tampers", Outcome.INVALID_RESULT, "the worker holds other data than it was given"),
        ("Babbles", Outcome.INVALID_RESULT, "unusable answer: "),
    ],
)
def test_what_goes_wrong_costs_the_cell_of_the_model_alone(carry_out, small_suite, monkeypatch, fault, outcome, reason):
    monkeypatch.setattr(registry, "classical", lambda: CHAOS[fault])
    ran = carry_out(suite_of(small_suite, "linear_model"))
    record = ran.record("sklearn", "accuracy")
    assert record.outcome is outcome
    assert reason in record.reason
    assert record.fit is None
    assert ran.record("healthy-one", "accuracy").outcome is Outcome.OK


def test_a_library_that_is_not_there_is_unsupported(carry_out, small_suite, monkeypatch):
    absent = dataclasses.replace(registry.classical(), needs=("library_that_nobody_wrote",))
    monkeypatch.setattr(registry, "classical", lambda: absent)
    record = carry_out(suite_of(small_suite, "linear_model")).record("sklearn", "accuracy")
    assert (record.outcome, record.reason, record.log) == (
        Outcome.UNSUPPORTED,
        "not installed: library_that_nobody_wrote",
        None,
    )


def test_an_interruption_is_on_record_and_the_run_can_be_finished(chaos, small_suite, silent, tmp_path, monkeypatch):
    folder, suite = RunFolder(tmp_path), suite_of(small_suite, "linear_model", "nearest_neighbours")
    folder.create()

    def interrupt(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Fitting, "run", interrupt)
        assert Coordinator(suite, folder, silent()).run().interrupted
    (broken_off,) = [record for record in folder.read_records()[0] if record.cell.baseline]
    assert broken_off.outcome is Outcome.INTERRUPTED
    assert not Coordinator(suite, folder, silent()).run().interrupted
    found = [(r.cell.baseline, r.attempt, r.outcome) for r in folder.read_records()[0] if r.cell.baseline]
    assert sorted(found) == [
        ("linear_model", 1, Outcome.INTERRUPTED),
        ("linear_model", 2, Outcome.OK),
        ("nearest_neighbours", 1, Outcome.OK),
    ]


def test_the_key_of_a_model_is_a_hash_of_its_settings_too(monkeypatch):
    cell = Cell("accuracy", "digits", "sklearn", "fp64", 1, 0, 0, 0, baseline="linear_model")
    key = cell_key(cell, "data", {})
    found = registry.find_baseline("linear_model")
    estimator = dataclasses.replace(found.estimators["classification"], settings={"C": 2.0})
    changed = dataclasses.replace(found, estimators={"classification": estimator})
    monkeypatch.setattr(registry, "baselines", lambda: {"linear_model": changed})
    assert cell_key(cell, "data", {}) != key
    assert cell_key(dataclasses.replace(cell, index=1), "data", {}) != cell_key(cell, "data", {})
