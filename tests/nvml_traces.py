"""Traces of NVML for tests. None is of a device: they are made here, by rule, and every one of them says so.

``PYTHONPATH=tests .venv/bin/python -m nvml_traces`` writes ``tests/recorded/nvml/synthetic.jsonl`` anew. What
``python -m harness.measure.nvml_trace`` records on a machine with a GPU has the same form, and may be put beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pynvml

from harness.measure.nvml_trace import FORMAT, VERSION

FILE = Path(__file__).resolve().parent / "recorded" / "nvml" / "synthetic.jsonl"
SOURCE = "synthetic: made by tests/nvml_traces.py, by rule; no device was there"
GIB = 2**30
PERIOD_NS = 100_000_000
BEGAN_NS = 7_000_000_000

HEAD = {
    "nvmlInit": None,
    "nvmlDeviceGetHandleByIndex": None,
    "nvmlDeviceGetName": "Synthetic GPU",
    "nvmlDeviceGetUUID": "GPU-00000000-0000-0000-0000-000000000000",
    "nvmlSystemGetDriverVersion": "0.0 (synthetic)",
    "nvmlDeviceGetMemoryInfo": {"total": 80 * GIB, "free": 79 * GIB, "used": GIB},
}


def error(code):
    """What a function gives that raises."""
    return {"error": code}


def calls(i=0, *, without=(), **changes):
    """What NVML tells at the ith sample: it works, idles in every eighth sample, and is held back from the 60th on."""
    idle, held = i % 8 == 7, 60 <= i < 90
    power = 90_000 if idle else 700_000 if held else 520_000 + 1_000 * (i % 40)
    mask = pynvml.nvmlClocksEventReasonGpuIdle if idle else pynvml.nvmlClocksEventReasonSwPowerCap if held else 0
    used = (2 + min(i, 20)) * GIB
    told = {
        "nvmlDeviceGetUtilizationRates": {"gpu": 0 if idle else 97 - i % 5, "memory": 0 if idle else 40},
        "nvmlDeviceGetMemoryInfo": {"total": 80 * GIB, "free": 80 * GIB - used, "used": used},
        "nvmlDeviceGetPowerUsage": power,
        "nvmlDeviceGetTotalEnergyConsumption": 123_456_789 + 55_000 * i,
        f"nvmlDeviceGetClockInfo({pynvml.NVML_CLOCK_SM})": 345 if idle else 1_410 if held else 1_980,
        f"nvmlDeviceGetClockInfo({pynvml.NVML_CLOCK_MEM})": 2_619,
        f"nvmlDeviceGetTemperatureV({pynvml.NVML_TEMPERATURE_GPU})": 45 + i // 4,
        "nvmlDeviceGetCurrentClocksEventReasons": mask,
        "nvmlDeviceGetComputeRunningProcesses": [{"pid": pid, "usedGpuMemory": GIB} for pid in (101, 102)],
    }
    return {name: given for name, given in (told | changes).items() if name not in without}


def trace(samples, head=None, source=SOURCE):
    """Lines of a trace: what each sample tells, a tenth of a second after the one before."""
    lines = [{"format": FORMAT, "version": VERSION, "source": source, "calls": {**HEAD, **(head or {})}}]
    lines += [{"at_ns": BEGAN_NS + i * PERIOD_NS, "calls": told} for i, told in enumerate(samples)]
    return [json.dumps(line, separators=(",", ":")) for line in lines]


def usual(samples=120):
    """Twelve seconds, or so many samples, in which nothing goes wrong."""
    return trace([calls(i) for i in range(samples)])


if __name__ == "__main__":
    FILE.write_text("\n".join(usual()) + "\n", encoding="utf-8")
