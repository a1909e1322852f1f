"""What NVML tells of a device beside its samples, and the module with an older ``pynvml`` than is asked for."""

import importlib.util
import sys
import types

import pynvml
import pytest
from nvml_traces import GIB, calls, error, trace

from harness.measure import environment, gpu
from harness.measure.gpu import REASONS, described
from harness.measure.nvml_trace import Replay

STATE = {
    "nvmlDeviceGetPowerManagementLimit": 700_000,
    f"nvmlDeviceGetMaxClockInfo({pynvml.NVML_CLOCK_SM})": 1_980,
    "nvmlDeviceGetEccMode": [1, 0],
    "nvmlDeviceGetMigMode": [0, 1],
    "nvmlDeviceGetPersistenceMode": 1,
}
TOLD = {
    "gpu": "Synthetic GPU",
    "gpu_driver": "0.0 (synthetic)",
    "gpu_memory_gib": 80.0,
    "gpu_power_limit_w": 700.0,
    "gpu_sm_clock_limit_mhz": 1_980,
    "gpu_ecc": True,
    "gpu_mig": False,
    "gpu_persistence": True,
}


def test_a_device_is_described_by_what_is_in_force_now():
    """Of ECC and MIG NVML gives what is and what will be after a reset; the latter is the other way round here."""
    assert described("0", Replay(trace([], head=STATE))) == TOLD


@pytest.mark.parametrize(("function", "name"), list(zip(STATE, list(TOLD)[3:], strict=True)))
def test_what_a_device_does_not_tell_of_itself_is_null(function, name):
    refused = STATE | {function: error(pynvml.NVML_ERROR_NOT_SUPPORTED)}
    assert described("0", Replay(trace([], head=refused))) == TOLD | {name: None}


@pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetHandleByIndex"])
def test_without_a_device_nothing_is_described(function):
    lacking = STATE | {function: error(pynvml.NVML_ERROR_NOT_FOUND)}
    assert described("0", Replay(trace([], head=lacking))) == {}


def test_a_machine_has_a_gpu_where_one_is_measured_on(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    monkeypatch.setattr(gpu, "described", lambda device: {"gpu": f"number {device}"})
    assert environment.fingerprint("gpu")["gpu"] == "number 3"
    assert "gpu" not in environment.fingerprint()


# ------------------------------------------------------------------------------------------- older versions of pynvml

NEWER = ("EventReason", "ThrottleReasonBoardLimit", "ThrottleReasonReliability", "TemperatureV")
"""Of names that version 11 had not yet."""


@pytest.fixture
def with_older(monkeypatch):
    """The module ``harness.measure.gpu`` over a ``pynvml`` without these names, and that."""
    older = types.ModuleType("pynvml")
    known = {name: value for name, value in vars(pynvml).items() if not any(part in name for part in NEWER)}
    vars(older).update(known)
    monkeypatch.setitem(sys.modules, "pynvml", older)
    spec = importlib.util.spec_from_file_location("gpu_with_older", gpu.__file__)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module, older


class Lacking(Replay):
    """A trace through a module that lacks the newer names."""

    def __getattr__(self, name):
        if any(part in name for part in NEWER):
            raise AttributeError(name)
        return super().__getattr__(name)


def test_an_older_module_tells_all_that_the_driver_does(with_older):
    module, older = with_older
    assert not hasattr(older, "nvmlClocksThrottleReasonBoardLimit")
    told = calls(
        0,
        without=["nvmlDeviceGetTemperatureV(0)", "nvmlDeviceGetCurrentClocksEventReasons"],
        **{"nvmlDeviceGetTemperature(0)": 51, "nvmlDeviceGetCurrentClocksThrottleReasons": 0x204},
    )
    nvml = Lacking(trace([told]))
    with module.Sampler("0", nvml=nvml, clock=nvml.clock, wait=nvml.wait) as sampler:
        pass
    assert sampler.lost is None
    (sample,) = sampler.samples
    assert (sample.told["temperature_c"], sample.told["memory_used_bytes"]) == (51, 2 * GIB)
    assert sample.reasons == ("sw_power_cap", "board_limit")
    assert sampler.gpu.untold == {}


def test_reasons_have_the_bits_that_the_module_of_today_gives_them():
    named = {
        value: name
        for name, value in vars(pynvml).items()
        if name.startswith("nvmlClocksThrottleReason") and not name.endswith(("All", "None", "UserDefinedClocks"))
    }
    assert {bit: name.removeprefix("nvmlClocksThrottleReason").lower() for bit, name in named.items()} == {
        bit: name.replace("_", "") for bit, name in REASONS.items()
    }
