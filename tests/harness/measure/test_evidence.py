import os
import subprocess
import sys

import pytest

from harness.measure import evidence
from harness.measure.evidence import Snapshot, foreign, is_contended, pressure

SECOND = 1_000_000_000


def snapshot(wall_ns=0, cpu_ns=0, waiting_us=0, busy_ns=0):
    return Snapshot(wall_ns=wall_ns, cpu_ns=cpu_ns, switches=0, waiting_us=waiting_us, busy_ns=busy_ns)


@pytest.mark.parametrize(
    ("waiting_us", "share"), [(0, 0.0), (250_000, 0.25), (1_000_000, 1.0), (1_100_000, 1.0), (None, None)]
)
def test_pressure_is_the_share_of_time_in_which_a_task_waited(waiting_us, share):
    assert pressure(snapshot(), snapshot(wall_ns=SECOND, waiting_us=waiting_us)) == share


def test_foreign_is_the_share_of_all_cores_that_others_used(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    after = snapshot(wall_ns=SECOND, cpu_ns=2 * SECOND, busy_ns=3 * SECOND)
    assert foreign(snapshot(), after) == 0.25


@pytest.mark.parametrize(("busy_ns", "share"), [(0, 0.0), (100 * SECOND, 1.0), (None, None)])
def test_foreign_is_a_share_whatever_the_ticks_say(busy_ns, share):
    assert foreign(snapshot(), snapshot(wall_ns=SECOND, cpu_ns=SECOND, busy_ns=busy_ns)) == share


@pytest.mark.parametrize(
    ("pressure", "foreign", "contended"),
    [
        (0.06, 0.21, True),
        (1.0, 1.0, True),
        (0.05, 0.5, False),
        (0.9, 0.19, False),
        (0.0, 0.9, False),
        (0.9, 0.0, False),
        (None, 0.9, False),
        (0.9, None, False),
    ],
)
def test_contended_means_that_tasks_waited_and_others_ran(pressure, foreign, contended):
    assert is_contended({"pressure": pressure, "foreign": foreign}, cores=2) is contended


def test_one_busy_core_counts_on_a_large_machine_too():
    assert is_contended({"pressure": 0.5, "foreign": 1 / 16}, cores=16)


def test_a_snapshot_sees_the_work_of_this_process():
    before = Snapshot.now()
    sum(range(300_000))
    after = Snapshot.now()
    assert after.cpu_ns > before.cpu_ns
    assert after.wall_ns > before.wall_ns
    assert after.switches >= before.switches


def test_a_snapshot_sees_the_work_of_processes_that_this_one_started():
    before = Snapshot.now()
    spent = subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time_ns() < 3e8: pass"], check=True
    ).returncode
    assert spent == 0
    assert Snapshot.now().cpu_ns - before.cpu_ns >= 3e8


def test_a_snapshot_reads_what_the_kernel_tells(tmp_path, monkeypatch):
    stat, waiting = tmp_path / "stat", tmp_path / "cpu"
    stat.write_text("cpu  100 20 3 999 999 4 5 6 77 88\ncpu0 1 1 1 1 1 1 1 1 0 0\n")
    waiting.write_text("some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull avg10=0.00 total=9\n")
    monkeypatch.setattr(evidence, "STAT", stat)
    monkeypatch.setattr(evidence, "PRESSURE", waiting)
    now = Snapshot.now()
    assert now.waiting_us == 1234
    assert now.busy_ns == 138 * SECOND // os.sysconf("SC_CLK_TCK")


def test_what_the_kernel_does_not_tell_is_none(tmp_path, monkeypatch):
    for name in ("STAT", "PRESSURE", "STATUS"):
        monkeypatch.setattr(evidence, name, tmp_path / "missing")
    now = Snapshot.now()
    assert (now.waiting_us, now.busy_ns, evidence.peak_rss_bytes()) == (None, None, None)


def test_peak_memory_is_that_of_the_process_itself():
    """A parent of 300 MB must not show in its child, as it does in ``ru_maxrss``; 64 MB of its own must."""
    child = """
from harness.measure.evidence import peak_rss_bytes
before = peak_rss_bytes()
block = bytearray(b"x") * (64 << 20)
del block
print(before, peak_rss_bytes())
"""
    parent = f"""
import subprocess, sys
block = bytearray(b"x") * (300 << 20)
subprocess.run([sys.executable, "-c", {child!r}], check=True)
"""
    told = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, check=True).stdout
    before, after = map(int, told.split())
    assert before < 100 << 20
    assert after - before == pytest.approx(64 << 20, rel=0.05)
