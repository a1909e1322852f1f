"""Peaks of memory by phase, in a process of their own."""

import subprocess
import sys

from harness.contract import DeviceMemory
from harness.measure import memory
from harness.measure.memory import Memory

PHASES = """
from harness.measure.memory import Memory

kept = Memory()
kept.end("small")
block = bytearray(b"x") * (64 << 20)
del block
kept.end("large")
kept.end("small again")
print(*kept.phases.values(), kept.highest)
"""


def test_each_phase_has_its_own_peak_and_the_process_the_highest():
    """Within 5 % of what was allocated, 64 MiB, in the phase that allocated it and in no other."""
    told = subprocess.run([sys.executable, "-c", PHASES], capture_output=True, text=True, check=True).stdout
    small, large, again, highest = map(int, told.split())
    assert 0.95 * 64 <= (large - small) / 2**20 <= 1.05 * 64
    assert 0.95 * 64 <= (large - again) / 2**20 <= 1.05 * 64
    assert highest == large


def test_where_the_mark_cannot_be_set_back_only_the_highest_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "missing" / "clear_refs")
    kept = Memory()
    kept.end("first")
    kept.end("second")
    assert kept.phases == {}
    assert kept.highest > 2**20


def test_where_the_kernel_does_not_tell_nothing_is_known(monkeypatch):
    monkeypatch.setattr(memory, "peak_rss_bytes", lambda: None)
    kept = Memory()
    kept.end("first")
    assert (kept.phases, kept.highest) == ({}, None)


def test_a_device_is_asked_at_the_end_of_each_phase_and_parts_of_one_have_the_higher_peaks():
    told = iter(
        [
            DeviceMemory(1, None),
            DeviceMemory(7, 8),
            DeviceMemory(2, 9),
            DeviceMemory(None, 3),
        ]
    )
    kept = Memory()
    kept.end("before there is one")
    kept.device = lambda: next(told)
    for phase in ("build", "step", "step", "step"):
        kept.end(phase)
    assert kept.on_device == {"build": DeviceMemory(1, None), "step": DeviceMemory(7, 9)}


def test_a_device_is_asked_where_the_kernel_tells_nothing(monkeypatch):
    monkeypatch.setattr(memory, "peak_rss_bytes", lambda: None)
    kept = Memory()
    kept.device = lambda: DeviceMemory(1, 2, since_start=True)
    kept.end("import")
    assert kept.on_device == {"import": DeviceMemory(1, 2, since_start=True)}
