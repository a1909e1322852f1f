import os
import signal
import stat
import subprocess
import sys

import pytest

from harness.store.atomic import write_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "record.json"
    write_atomically(path, "first")
    write_atomically(path, "sécond")
    assert path.read_text(encoding="utf-8") == "sécond"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace"])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "record.json"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failing, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("moment", "left"), [(1, "old"), (2, "new")], ids=["before-rename", "after-rename"])
def test_kill_at_any_sync_leaves_a_whole_file(tmp_path, moment, left):
    """The file is synced before the rename and its folder after it; the process is killed in one or the other."""
    path = tmp_path / "record.json"
    path.write_text("old")
    script = f"""
import os, signal
from pathlib import Path
from harness.store.atomic import write_atomically
calls = []
def fsync(handle):
    calls.append(handle)
    if len(calls) == {moment}:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = fsync
write_atomically(Path({str(path)!r}), "new")
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == left


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    path = tmp_path / "record.json"
    before = os.umask(0o022)
    try:
        write_atomically(path, "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
