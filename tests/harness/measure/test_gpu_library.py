"""The module pynvml itself, over a library that stands in for the driver's: its calls, its structures, its thread."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
COMPILER = shutil.which("cc")

SCRIPT = """
import json, sys
from harness.measure.gpu import Sampler

def told(device):
    with Sampler(device, {10}, wait=lambda seconds: False) as sampler:
        pass
    gpu = sampler.gpu
    about = [*gpu.identity.values(), gpu.source] if gpu else None
    return {"about": about, "samples": [[s.told, s.reasons] for s in sampler.samples], "lost": sampler.lost}

print(json.dumps([told(device) for device in ("0", "GPU-stub", "5", "GPU-else")]))
"""


@pytest.mark.skipif(COMPILER is None, reason="no C compiler here")
@pytest.mark.parametrize(
    ("options", "celsius", "reason"),
    [([], 66, "sw_power_cap"), (["-DOLDER"], 55, "hw_slowdown")],
    ids=["today", "older"],
)
def test_the_module_takes_from_a_library_what_a_replay_gives(tmp_path, options, celsius, reason):
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run([COMPILER, "-shared", "-fPIC", *options, "-o", library, HERE / "nvml_stub.c"], check=True)
    environment = os.environ | {"LD_LIBRARY_PATH": str(tmp_path), "PYTHONPATH": str(HERE.parents[2])}
    printed = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout
    by_index, by_uuid, *none = json.loads(printed)
    assert by_index["about"] == ["Stub, no device", "GPU-stub", "0.0", 8000, "NVML"]
    assert by_uuid["samples"] == by_index["samples"]
    assert len(by_index["samples"]) == 2
    assert by_index["samples"][1] == [
        {
            "utilisation_percent": 42,
            "memory_used_bytes": 3000,
            "power_mw": 123456,
            "energy_mj": 2**40 + 2,
            "sm_clock_mhz": 1500,
            "memory_clock_mhz": 2600,
            "temperature_c": celsius,
            "foreign_processes": 1,
        },
        [reason],
    ]
    assert by_index["lost"] == "the device was lost: NVML says GPU is lost of utilisation_percent"
    assert [one["lost"] for one in none] == [
        "NVML finds no device '5': Invalid Argument",
        "NVML finds no device 'GPU-else': Not Found",
    ]
