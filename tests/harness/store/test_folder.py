import fcntl
import json

import pytest

from harness.contract import Cell, Outcome
from harness.schema import Manifest, Record, Suite
from harness.store import envelope
from harness.store.folder import RunFolder, RunFolderError, latest

CELL = Cell("step", "softmax_digits", "torch", "fp32", threads=1, batch_size=64, epochs=2, index=0)


def record(key="a", attempt=1, started="2026-01-01T00:00:00.000000+00:00", outcome=Outcome.OK):
    return Record(key=key, cell=CELL, attempt=attempt, outcome=outcome, started=started, seconds=1.0)


def manifest(run="mine"):
    suite = Suite(name="s", title="S", workloads=[{"name": "softmax_digits"}], arms=["torch"], launches=1, seeds=1)
    return Manifest(run=run, created="2026-01-01", command=["twinbench"], suite=suite, arms=[], environment={})


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "mine")
    folder.create()
    return folder


def rewrite(path, change):
    """Change a stored file's content and leave its checksum."""
    stored = json.loads(path.read_text())
    change(stored["content"])
    path.write_text(json.dumps(stored))


def test_returns_records_oldest_first(folder):
    younger, older = record("a", started="2026-01-02"), record("b", started="2026-01-01")
    folder.write_record(younger)
    folder.write_record(older)
    assert folder.read_records() == ([older, younger], [])


def test_damaged_records_are_set_apart_by_name_and_reason(folder):
    for key in "abcd":
        folder.write_record(record(key))
    cut, edited, newer = (folder.records / f"{key}-1.json" for key in "abc")
    cut.write_text(cut.read_text()[:-40])
    rewrite(edited, lambda content: content.update(seconds=0.5))
    rewrite(newer, lambda content: content.update(schema_version=7))
    readable, quarantined = folder.read_records()
    assert [r.key for r in readable] == ["d"]
    reasons = {damaged.path: damaged.reason for damaged in quarantined}
    assert reasons.keys() == {cut, edited, newer}
    assert "not a whole record" in reasons[cut]
    assert "checksum" in reasons[edited]
    assert "schema version 7, but this twinbench reads up to 1" in reasons[newer]
    assert all(str(path) in reason for path, reason in reasons.items())
    assert cut.exists()


def test_a_record_with_another_field_is_set_apart_on_one_line(folder, tmp_path):
    folder.write_record(record())
    path = folder.records / "a-1.json"
    envelope.write(path, {**record().model_dump(mode="json"), "colour": "blue", "seconds": "long"})
    _, [damaged] = folder.read_records()
    assert damaged.reason.startswith(f"{path}: ")
    assert "colour" in damaged.reason
    assert "seconds" in damaged.reason
    assert "\n" not in damaged.reason


def test_what_was_being_written_when_a_run_was_killed_is_no_record(folder):
    (folder.records / ".a-1.json.77.tmp").write_text('{"sha256": "')
    assert folder.read_records() == ([], [])


def test_counts_attempts_that_left_a_file_readable_or_not(folder):
    assert folder.attempts("a") == 0
    for attempt in (9, 10):
        folder.write_record(record(attempt=attempt))
    folder.write_record(record("ab", attempt=30))
    (folder.records / "a-11.json").write_text("")
    (folder.records / "a-copy.json").write_text("")
    assert folder.attempts("a") == 11


def test_knows_which_records_it_holds(folder):
    folder.write_record(record(attempt=2))
    assert folder.holds(record(attempt=2))
    assert not folder.holds(record(attempt=1))


def test_latest_is_the_last_attempt_under_each_key():
    first, second, other = record(attempt=1), record(attempt=2), record("b")
    assert latest([second, first, other]) == [second, other]


def test_manifest_comes_back(folder):
    assert not folder.begun
    folder.write_manifest(manifest())
    assert folder.begun
    assert folder.read_manifest() == manifest()


def test_a_folder_without_manifest_is_no_run(tmp_path):
    with pytest.raises(RunFolderError, match=r"is no run folder: it has no run\.json"):
        RunFolder(tmp_path).read_manifest()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda content: content.update(schema_version=2), "schema version 2, but this twinbench reads up to 1"),
        (lambda content: content.update(run="yours"), "checksum"),
    ],
)
def test_a_manifest_that_is_newer_or_edited_is_refused(folder, change, complaint):
    folder.write_manifest(manifest())
    rewrite(folder.path / "run.json", change)
    with pytest.raises(RunFolderError, match=complaint):
        folder.read_manifest()


def test_a_manifest_with_another_field_is_refused_by_file_and_field(folder):
    envelope.write(folder.path / "run.json", {**manifest().model_dump(mode="json"), "colour": "blue"})
    with pytest.raises(RunFolderError, match=r"run\.json: colour: "):
        folder.read_manifest()


def test_one_run_at_a_time(folder):
    other = RunFolder(folder.path)
    with folder.locked(), pytest.raises(RunFolderError, match="another run is writing to"), other.locked():
        pass
    with other.locked():
        pass


def test_a_file_system_without_locks_is_not_taken_for_another_run(folder, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(OSError, match="Operation not supported"), folder.locked():
        pass


@pytest.mark.parametrize("place", ["file/runs/mine", "/proc/twinbench/mine"])
def test_a_place_that_cannot_be_written_to_is_refused(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match=f"cannot write to the results folder .*{place}"):
        RunFolder(tmp_path / place).create()


def test_a_full_place_is_noticed_before_the_run_and_left_as_it_was(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunFolderError, match="No space left on device"):
        RunFolder(tmp_path / "mine").create()
    assert list(tmp_path.iterdir()) == []


def test_creating_twice_is_harmless(folder):
    folder.write_record(record())
    folder.create()
    assert folder.read_records() == ([record()], [])
