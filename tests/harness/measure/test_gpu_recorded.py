"""What a real device told, replayed: an NVIDIA H200, of which six seconds are on file."""

from pathlib import Path

import pynvml
import pytest

from harness.measure.gpu import READ, described
from harness.measure.nvml_trace import Replay
from harness.measure.timeline import timeline

FILE = Path(__file__).resolve().parents[2] / "recorded" / "nvml" / "h200.jsonl"
TWO, ALL = frozenset({3299, 3340}), frozenset({3299, 3340, 3689})
"""Processes of the race that ran meanwhile; the third of them came up as the cut begins."""


def sampled(own):
    with Replay.read(FILE).sampler(own) as sampler:
        pass
    return sampler


def test_the_trace_is_of_a_device_and_says_what_ran_there():
    told = timeline(sampled(ALL), {})
    assert told.device == "NVIDIA H200"
    assert (told.driver, told.memory_bytes) == ("580.159.04", 150_754_820_096)
    assert told.uuid.startswith("GPU-")
    assert "recorded from a device" in told.source
    assert "lenet_mnist5k in fp32 on torch, keras-jax and keras-torch" in told.source
    assert "synthetic" not in told.source


def test_it_tells_every_quantity_and_nothing_went_wrong():
    told = timeline(sampled(ALL), {})
    assert told.series.keys() == {*READ, "foreign_processes"}
    assert (told.untold, told.lost) == ({}, None)
    assert (told.samples, told.asked, told.throttled, told.reasons) == (60, 60, 0, {})
    means = {quantity: values.mean for quantity, values in told.series.items()}
    assert None not in [value for values in means.values() for value in values]
    assert set(means["sm_clock_mhz"]) == {1_980}, "the clock is at its limit, idle or not"
    assert set(means["memory_clock_mhz"]) == {3_201}
    assert (min(means["utilisation_percent"]), max(means["utilisation_percent"])) == (0, 37)
    assert 127_000 < min(means["power_mw"]) < max(means["power_mw"]) < 142_000
    assert set(means["temperature_c"]) <= {39, 40, 41}
    assert means["energy_mj"] == sorted(means["energy_mj"])


def test_energy_is_that_of_the_power_over_the_time():
    told = timeline(sampled(ALL), {})
    joules, seconds = told.series["energy_mj"].mean[-1] / 1e3, told.at_ms[-1] / 1e3
    power = told.series["power_mw"].mean
    assert joules / seconds == pytest.approx(sum(power) / len(power) / 1e3, rel=0.02)


def test_the_most_that_each_process_held_is_kept_whoever_it_is_of():
    for own in (TWO, ALL):
        held = sampled(own).gpu.held
        assert held == {3299: 893_386_752, 3340: 935_329_792, 3689: 891_289_600}


def test_a_process_that_is_not_of_the_race_is_foreign_from_when_it_comes():
    assert set(timeline(sampled(ALL), {}).series["foreign_processes"].mean) == {0}
    counted = timeline(sampled(TWO), {}).series["foreign_processes"].mean
    assert counted[:5] == [0] * 5
    assert counted[5:] == [1] * 55


def test_where_our_processes_have_other_numbers_it_is_said_and_all_else_is_told():
    told = timeline(sampled({1}), {})
    assert told.series.keys() == {*READ}
    assert told.untold.keys() == {"foreign_processes"}
    assert "PID namespace" in told.untold["foreign_processes"]


def test_what_it_was_not_asked_is_null():
    state = described("0", Replay.read(FILE))
    told = {name: value for name, value in state.items() if value is not None}
    assert told == {"gpu": "NVIDIA H200", "gpu_driver": "580.159.04", "gpu_memory_gib": 140.4}
    assert {"gpu_power_limit_w", "gpu_ecc", "gpu_mig", "gpu_persistence"} <= state.keys() - told.keys()


def test_processes_have_what_the_module_gives():
    replay = Replay.read(FILE)
    replay.nvmlInit()
    replay.clock()
    first, *_ = replay.nvmlDeviceGetComputeRunningProcesses(None)
    assert isinstance(first, pynvml.nvmlFriendlyObject)
    assert (first.pid, first.gpuInstanceId) == (3299, 0xFFFFFFFF), "no part of a device: MIG is off"
