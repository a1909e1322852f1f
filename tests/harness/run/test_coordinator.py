"""A run as a whole: what is turned away, what a resumed run measures, what a folder keeps."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import load_file

from harness import registry
from harness.contract import Cell, Outcome
from harness.run.coordinator import Coordinator, cell_key, make_manifest, store_dataset
from harness.store import folder as store
from harness.store.folder import RunFolder

CELL = Cell("accuracy", "softmax_digits", "numpy", "fp32", threads=1, batch_size=64, epochs=2, index=0)


def resume(ran, suite):
    """Run a suite once more in the same folder, by another coordinator."""
    progress = type(ran.progress)()
    return type(ran)(ran.folder, Coordinator(suite, ran.folder, progress).run(), progress)


def files(ran):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in ran.folder.records.iterdir()}


def forget(ran, arm, scope):
    """Remove an arm's record of one scope, as if the run had been killed before it."""
    record = ran.record(arm, scope)
    (ran.folder.records / f"{record.key}-{record.attempt}.json").unlink()


@pytest.mark.parametrize(
    ("arm", "reason"),
    [
        ("needs-nonsense", "not installed: framework_that_nobody_wrote"),
        ("only-mlp", "only-mlp implements mlp only"),
    ],
)
def test_what_an_arm_cannot_run_is_recorded_with_the_reason_and_the_rest_runs(carry_out, small_suite, arm, reason):
    ran = carry_out(small_suite(arm, "healthy-one"))
    for scope in ("step", "accuracy"):
        record = ran.record(arm, scope)
        assert (record.outcome, record.reason) == (Outcome.UNSUPPORTED, reason)
        assert ran.record("healthy-one", scope).outcome is Outcome.OK


def test_a_precision_that_an_arm_lacks_is_unsupported(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", precisions=["bf16"], seeds=0))
    record = ran.record("healthy-one", "step")
    assert (record.outcome, record.reason) == (
        Outcome.UNSUPPORTED,
        "healthy-one does not compute in bf16 on cpu, only in fp32, fp64",
    )


def test_manifest_tells_which_arms_can_run(chaos, small_suite):
    manifest = make_manifest("mine", small_suite("needs-nonsense", "numpy"), ["twinbench", "run", "small"], None)
    absent, witness = manifest.arms
    assert (absent.supported, absent.reason) == (False, "not installed: framework_that_nobody_wrote")
    assert (witness.supported, witness.witness, list(witness.versions)) == (True, True, ["numpy"])


def test_only_what_is_missing_is_measured_again(carry_out, small_suite):
    suite = small_suite("healthy-one", "healthy-two")
    ran = carry_out(suite)
    forget(ran, "healthy-one", "accuracy")
    before = files(ran)
    again = resume(ran, suite)
    assert again.progress.told[0] == (4, 3)
    assert files(again).keys() - before.keys() == {f"{again.record('healthy-one', 'accuracy').key}-1.json"}
    assert before.items() <= files(again).items()


def test_a_race_is_run_again_as_a_whole_or_not_at_all(carry_out, small_suite):
    suite = small_suite("healthy-one", "healthy-two", seeds=0)
    ran = carry_out(suite)
    forget(ran, "healthy-two", "step")
    before = files(ran)
    again = resume(ran, suite)
    first, second = again.records("healthy-one", "step")
    rival = again.record("healthy-two", "step")
    assert (first.attempt, second.attempt, rival.attempt) == (1, 2, 1)
    assert second.started == rival.started
    assert before.items() <= files(again).items()


@pytest.mark.parametrize("arm", ["nan-fit", "error-fit"])
def test_a_failure_is_final(carry_out, small_suite, arm):
    suite = small_suite(arm)
    ran = carry_out(suite)
    before = files(ran)
    assert files(resume(ran, suite)) == before


def test_a_damaged_record_is_measured_again_beside_it(carry_out, small_suite):
    suite = small_suite("healthy-one", launches=0)
    ran = carry_out(suite)
    (path,) = ran.folder.records.iterdir()
    path.write_text(path.read_text()[:-100])
    damaged = path.read_bytes()
    again = resume(ran, suite)
    assert again.record("healthy-one", "accuracy").attempt == 2
    assert path.read_bytes() == damaged
    assert [quarantined.path for quarantined in ran.folder.read_records()[1]] == [path]


@pytest.mark.parametrize(
    ("first", "second"), [(signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)], ids=["ctrl-c", "sigterm"]
)
def test_interruptions_just_after_a_record_was_written_and_while_stopping_lose_nothing(
    chaos, small_suite, silent, heed_interrupts, tmp_path, monkeypatch, first, second
):
    folder = RunFolder(tmp_path)
    folder.create()
    write = RunFolder.write_record

    def write_and_interrupt(self, record):
        if record.outcome is Outcome.INTERRUPTED:
            signal.raise_signal(second)
        write(self, record)
        if record.outcome is Outcome.OK:
            signal.raise_signal(first)

    monkeypatch.setattr(RunFolder, "write_record", write_and_interrupt)
    handlers = [signal.getsignal(number) for number in (first, second)]
    assert Coordinator(small_suite("healthy-one"), folder, silent()).run().interrupted
    outcomes = {record.cell.scope: record.outcome for record in folder.read_records()[0]}
    assert outcomes == {"step": Outcome.OK, "accuracy": Outcome.INTERRUPTED}
    assert [signal.getsignal(number) for number in (first, second)] == handlers


def test_key_is_a_hash_of_all_that_could_change_the_result(monkeypatch):
    key = cell_key(CELL, "data", {"numpy": "2.0"})
    assert key == cell_key(CELL, "data", {"numpy": "2.0"})
    others = {
        cell_key(type(CELL)(**{**vars(CELL), "index": 1}), "data", {"numpy": "2.0"}),
        cell_key(CELL, "other data", {"numpy": "2.0"}),
        cell_key(CELL, "data", {"numpy": "2.1"}),
    }
    monkeypatch.setattr("harness.run.coordinator.source_sha256", lambda: "other code")
    others.add(cell_key(CELL, "data", {"numpy": "2.0"}))
    assert len(others | {key}) == 5


def test_records_are_whole_as_soon_as_they_are_told_of(chaos, small_suite, silent, tmp_path):
    folder = RunFolder(tmp_path)
    folder.create()
    seen = []

    class Reader(silent):
        def record(self, record):
            seen.append((record, *folder.read_records()))

    Coordinator(small_suite("healthy-one", "nan-fit"), folder, Reader()).run()
    assert len(seen) == 4
    for record, readable, damaged in seen:
        assert record in readable
        assert damaged == []


def test_stored_dataset_is_what_was_loaded(tmp_path):
    dataset = registry.load_dataset("digits")
    stored = store_dataset(dataset, tmp_path)
    assert stored.sha256 == dataset.sha256
    json.dumps(stored.fields)
    arrays = load_file(stored.arrays)
    assert sorted(arrays) == ["x_test", "x_train", "y_test", "y_train"]
    assert all(np.array_equal(array, getattr(dataset, name)) for name, array in arrays.items())


def test_a_dataset_is_stored_while_others_read_it(tmp_path):
    """Parity's threads store the dataset of their workload, which is the dataset of other threads' workloads too."""
    dataset = registry.load_dataset("mnist5k")
    path = store_dataset(dataset, tmp_path).arrays

    def read():
        return len(load_file(path)["x_train"])

    with ThreadPoolExecutor(4) as pool:
        stored = [pool.submit(store_dataset, dataset, tmp_path) for _ in range(8)]
        seen = [pool.submit(read) for _ in range(8)]
        assert {future.result().arrays for future in stored} == {path}
        assert {future.result() for future in seen} == {len(dataset.x_train)}


def test_final_means_that_there_is_no_use_in_another_attempt(carry_out, small_suite):
    record = carry_out(small_suite("healthy-one", seeds=0)).record("healthy-one", "step")
    endings = {outcome: store.is_final(record.model_copy(update={"outcome": outcome})) for outcome in Outcome}
    assert [outcome for outcome, final in endings.items() if not final] == [Outcome.INTERRUPTED]
