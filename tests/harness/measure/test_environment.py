import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.measure.environment import fingerprint, last_cache_bytes, library_versions, source_sha256

HOME = Path(harness.__file__).parents[1]


def test_fingerprint_is_flat_json_with_what_a_reader_looks_for():
    told = fingerprint()
    assert json.loads(json.dumps(told)) == told
    assert not [name for name, value in told.items() if isinstance(value, list | dict)]
    assert {"cpu", "cores_used", "memory_gib", "kernel", "python", "source_sha256", "packages_sha256"} <= told.keys()
    assert told["cpu"]
    assert told["source_sha256"] == source_sha256()


def test_caches_of_the_last_level_are_added_up_and_each_counts_once(tmp_path, monkeypatch):
    """Two chips of two cores with a cache each, a core beside them, and one that we may not use."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3, 8})
    mine = (("1", "64K"), ("2", "1024K"))
    chips = {"0-1": "32768K", "2-3": "16384K", "9": "65536K"}
    for core in (0, 1, 2, 3, 8, 9):
        last = [("3", size, shared) for shared, size in chips.items() if str(core) in shared]
        for i, (level, size, shared) in enumerate([*((*one, str(core)) for one in mine), *last]):
            index = tmp_path / f"cpu{core}" / "cache" / f"index{i}"
            index.mkdir(parents=True)
            for name, told in (("level", level), ("size", size), ("shared_cpu_list", shared)):
                (index / name).write_text(f"{told}\n")
    assert last_cache_bytes(tmp_path) == (32768 + 16384 + 1024) * 1024
    assert last_cache_bytes(tmp_path / "nowhere") is None


@pytest.fixture
def copy(tmp_path):
    """A copy of the code, and what it says of itself."""
    for package in ("benchmarks", "harness", "models_keras", "models_numpy", "models_sklearn", "models_torch"):
        shutil.copytree(HOME / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))

    def sha256():
        script = "from harness.measure.environment import source_sha256; print(source_sha256())"
        command = [sys.executable, "-c", script]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    return tmp_path, sha256


def test_source_hash_covers_arms_from_elsewhere(copy, monkeypatch):
    folder, sha256 = copy
    known = sha256()
    (folder / "my_arms.py").write_text("ARMS = ()\n")
    monkeypatch.setenv("TWINBENCH_ARMS", "my_arms,benchmarks.peers")
    with_mine = sha256()
    (folder / "my_arms.py").write_text("ARMS = []\n")
    assert len({known, with_mine, sha256()}) == 3


def test_libraries_are_those_that_every_arm_needs():
    assert {"numpy", "mlxtend", "mnist1d", "scikit-learn"} <= library_versions().keys()
    assert not {"torch", "keras", "pytest"} & library_versions().keys()


def test_source_hash_covers_what_measures_and_not_what_reports(copy):
    folder, sha256 = copy
    known = sha256()
    assert known == source_sha256()
    for file in ("cli.py", "commands/run.py", "dashboard/page.py", "report/text.py", "stats.py", "store/folder.py"):
        with (folder / "harness" / file).open("a") as source:
            source.write("# a remark\n")
    assert sha256() == known
    for file in ("harness/run/worker.py", "models_torch/arm.py", "benchmarks/datasets/digits.py"):
        with (folder / file).open("a") as source:
            source.write("# a remark\n")
        assert sha256() != known
        known = sha256()
