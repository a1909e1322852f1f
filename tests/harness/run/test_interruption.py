"""A run that is interrupted or killed loses nothing that it had finished, leaves nobody behind, and can be resumed."""

import os
import re
import shlex
import signal

import pytest

from harness.contract import Outcome
from harness.run.coordinator import Coordinator
from harness.store.folder import RunFolder

ARMS = ("healthy-one", "gated-fit")


@pytest.fixture
def stopped(chaos, start, suite_file, tmp_path, read_pipe):
    """``stopped(*signals)``: status, output, training process and folder of a run that signals met while it trained."""

    def stop(*signals):
        os.mkfifo(tmp_path / "gate")
        suite = suite_file(*ARMS, seeds=2)
        process = start(
            "run", "--unverified", suite, "--results", str(tmp_path / "results"), "--run", "mine", "--timeout", "55"
        )
        training = int(read_pipe(tmp_path / "gate"))
        for number in signals:
            process.send_signal(number)
        _, told = process.communicate(timeout=60)
        (tmp_path / "gate").unlink()
        return process.returncode, told, training, RunFolder(tmp_path / "results" / "runs" / "mine")

    return stop


def files(folder):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.records.glob("*")}


def outcomes(folder):
    """Scope, arm, index, attempt and outcome of every record; each must be whole."""
    records, damaged = folder.read_records()
    assert damaged == []
    return sorted((r.cell.scope, r.cell.arm, r.cell.index, r.attempt, r.outcome) for r in records)


FINISHED = [
    ("accuracy", "healthy-one", 0, 1, Outcome.OK),
    ("step", "gated-fit", 0, 1, Outcome.OK),
    ("step", "healthy-one", 0, 1, Outcome.OK),
]


INTERRUPTED = ("accuracy", "gated-fit", 0, 1, Outcome.INTERRUPTED)


def test_interrupted_run_is_resumed_by_the_command_it_prints(stopped, twinbench, has_ended):
    status, told, training, folder = stopped(signal.SIGINT)
    assert status == 130
    assert "Traceback" not in told
    assert has_ended(training)
    assert outcomes(folder) == sorted([*FINISHED, INTERRUPTED])
    assert (folder.path / "report.md").exists()

    before = files(folder)
    (command,) = re.findall(r"^interrupted; finish it with: twinbench (.*)$", told, re.MULTILINE)
    assert "--resume" in command
    resumed = twinbench(*shlex.split(command))
    assert resumed.status == 0
    assert "3 of 6 cells are already measured" in resumed.err
    rest = [
        ("accuracy", "gated-fit", 0, 2, Outcome.OK),
        ("accuracy", "gated-fit", 1, 1, Outcome.OK),
        ("accuracy", "healthy-one", 1, 1, Outcome.OK),
    ]
    assert outcomes(folder) == sorted([*FINISHED, INTERRUPTED, *rest])
    assert before.items() <= files(folder).items(), "what was finished is neither redone nor touched"


def test_killed_run_leaves_whole_records_and_no_process(stopped, twinbench, has_ended):
    status, _, training, folder = stopped(signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert outcomes(folder) == FINISHED
    pids = [
        int(pid) for log in folder.logs.iterdir() for pid in re.findall(r"^pid (\d+)$", log.read_text(), re.MULTILINE)
    ]
    assert training in pids
    assert len(pids) == len(ARMS)
    assert all(map(has_ended, pids))

    before = files(folder)
    command = folder.read_manifest().command[1:]
    assert twinbench(*command, "--resume").status == 0
    redone = [("accuracy", arm, index, 1, Outcome.OK) for arm in ARMS for index in (0, 1)]
    assert outcomes(folder) == sorted({*FINISHED, *redone})
    assert before.items() <= files(folder).items()


def test_a_finished_run_has_nothing_left_to_resume(chaos, suite_file, twinbench, tmp_path):
    asked = ("run", "--unverified", suite_file("healthy-one"), "--results", str(tmp_path))
    assert twinbench(*asked).status == 0
    (runs,) = (tmp_path / "runs").iterdir()
    before = files(RunFolder(runs))
    again = twinbench(*asked, "--resume")
    assert again.status == 0
    assert "2 of 2 cells are already measured" in again.err
    assert files(RunFolder(runs)) == before


def test_an_interruption_between_a_crash_and_the_second_chance_leaves_that_chance_open(
    chaos, small_suite, silent, tmp_path
):
    class Impatient(silent):
        def record(self, record):
            super().record(record)
            if record.outcome is Outcome.CRASHED:
                raise KeyboardInterrupt

    folder, suite = RunFolder(tmp_path), small_suite("stumble-open", seeds=0)
    folder.create()
    assert Coordinator(suite, folder, Impatient()).run().interrupted
    crashed = ("step", "stumble-open", 0, 1, Outcome.CRASHED)
    assert outcomes(folder) == [crashed, ("step", "stumble-open", 0, 2, Outcome.INTERRUPTED)]

    assert not Coordinator(suite, folder, silent()).run().interrupted
    assert outcomes(folder)[-1] == ("step", "stumble-open", 0, 4, Outcome.OK)
