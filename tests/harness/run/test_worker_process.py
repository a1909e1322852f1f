"""What a worker process is given, and what is kept from it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from harness.contract import Outcome, Setup
from harness.registry import find_arm
from harness.run.process import Worker, WorkerFailure

ROOT = Path(__file__).resolve().parents[3]
PARENT = {"FOO": "1", "XLA_FLAGS": "--xla", "KERAS_BACKEND": "mxnet", "KERAS_HOME": "/home", "OMP_NUM_THREADS": "64"}


@pytest.fixture(scope="module")
def settings(chaos, carry_out, small_suite):
    """What workers found around them, by arm; the parent has variables that a framework would heed."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PARENT.items():
            patch.setenv(name, value)
        ran = carry_out(small_suite("healthy-one", "needs-torch", seeds=0))
    return {arm: ran.record(arm, "step").settings for arm in ("healthy-one", "needs-torch")}


def test_environment_is_an_allow_list(settings):
    seen = settings["healthy-one"]["environment"]
    assert seen.keys().isdisjoint({"FOO", "XLA_FLAGS", "KERAS_BACKEND"})
    assert seen["PATH"] == os.environ["PATH"]
    assert seen["PYTHONHASHSEED"] == "0"


def test_threads_come_from_the_suite_unless_the_arm_says_otherwise(settings):
    assert settings["healthy-one"]["environment"]["OMP_NUM_THREADS"] == "1"
    assert settings["needs-torch"]["environment"]["OMP_NUM_THREADS"] == "7"


def test_a_users_keras_settings_do_not_reach_it(settings):
    homes = {seen["environment"]["KERAS_HOME"] for seen in settings.values()}
    assert len(homes) == 1, "those of a run share an empty one"
    assert PARENT["KERAS_HOME"] not in homes


def test_affinity_is_cut_to_the_threads(settings):
    assert settings["healthy-one"]["cores"] == sorted(os.sched_getaffinity(0))[:1]


def test_neighbours_are_kept_out(settings):
    assert settings["healthy-one"]["findable"] == ["numpy"]
    assert settings["needs-torch"]["findable"] == ["torch", "numpy"]
    assert settings["needs-torch"]["importable"] is False


def test_what_keras_brings_along_is_kept_out_until_a_framework_is_imported(settings):
    """Unless the arm needs it; data sets are read by them."""
    every = ["matplotlib", "pandas", "sklearn"]
    assert settings["healthy-one"]["brought along"] == [[], every]
    assert settings["needs-torch"]["brought along"] == [["pandas"], every]


def test_a_file_of_the_current_folder_does_not_stand_in_for_a_module(carry_out, small_suite, tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('not NumPy')")
    monkeypatch.chdir(tmp_path)
    ran = carry_out(small_suite("healthy-one", seeds=0))
    assert ran.record("healthy-one", "step").outcome is Outcome.OK


def test_it_runs_the_coordinators_code_and_not_what_is_installed(start, suite_file, tmp_path, monkeypatch):
    checkout = tmp_path / "another checkout"
    for package in ROOT.glob("[bhm]*/__init__.py"):
        shutil.copytree(package.parent, checkout / package.parent.name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    monkeypatch.setenv("TWINBENCH_ARMS", "chaos_arms")
    process = start("run", "--unverified", suite_file("healthy-one", seeds=0), "--json", cwd=checkout)
    told, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    (record,) = json.loads(told)["records"]
    assert Path(record["settings"]["code"]).is_relative_to(checkout)


def test_its_import_can_be_waited_for(chaos, tmp_path):
    with Worker(find_arm("healthy-one"), Setup("fp32", threads=1), tmp_path / "log", tmp_path) as worker:
        worker.begin()
        worker.settle(60)
        assert worker.started(timeout_s=0.001)["start_s"] > 0, "the answer is there"


def test_one_that_was_killed_answers_with_a_failure_and_not_with_a_fault(chaos, tmp_path):
    with Worker(find_arm("healthy-one"), Setup("fp32", 1), tmp_path / "log", tmp_path) as worker:
        worker.begin()
        worker.started(60)
        worker.kill()
        with pytest.raises(WorkerFailure, match="data: killed by SIGTERM"):
            worker.ask("data", 60)


def test_frameworks_are_recorded_as_found(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one"))
    assert [ran.record("healthy-one", scope).frameworks for scope in ("step", "accuracy")] == [[], []]
