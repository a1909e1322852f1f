"""Samples of a GPU, replayed: units, what is not told, devices that are lost, reasons by name."""

import io
import threading

import nvml_traces
import pynvml
import pytest
from nvml_traces import GIB, calls, error, trace

from harness.measure import gpu
from harness.measure.gpu import GpuError, Sampler, reason_names
from harness.measure.nvml_trace import Replay, TraceError, record
from harness.measure.timeline import MOST_POINTS, timeline

OWN = frozenset({101, 102})


def sampled(lines, own=OWN):
    """A sampler that has taken all samples of a trace, in its own thread."""
    with Replay(lines).sampler(own) as sampler:
        pass
    return sampler


def kept(samples, own=OWN, blocks=None, **changes):
    return timeline(sampled(trace(samples, **changes), own), blocks or {})


def test_every_quantity_has_the_unit_of_its_name():
    sampler = sampled(nvml_traces.usual(2))
    first, second = sampler.samples
    assert first.told == {
        "utilisation_percent": 97,
        "memory_used_bytes": 2 * GIB,
        "power_mw": 520_000,
        "energy_mj": 123_456_789,
        "sm_clock_mhz": 1_980,
        "memory_clock_mhz": 2_619,
        "temperature_c": 45,
        "foreign_processes": 0,
    }
    assert first.reasons == ()
    assert (first.at_ns, second.at_ns) == (nvml_traces.BEGAN_NS, nvml_traces.BEGAN_NS + nvml_traces.PERIOD_NS)
    device = sampler.gpu
    told = {"device": "Synthetic GPU", "driver": "0.0 (synthetic)", "memory_bytes": 80 * GIB}
    assert device.identity == {**told, "uuid": "GPU-00000000-0000-0000-0000-000000000000"}
    assert sampler.lost is None


def test_whatever_a_replay_tells_says_where_it_is_from():
    assert kept([calls()]).source == f"a trace, replayed: {nvml_traces.SOURCE}"


QUANTITIES = {
    "nvmlDeviceGetUtilizationRates": "utilisation_percent",
    "nvmlDeviceGetMemoryInfo": "memory_used_bytes",
    "nvmlDeviceGetPowerUsage": "power_mw",
    "nvmlDeviceGetTotalEnergyConsumption": "energy_mj",
    "nvmlDeviceGetClockInfo(1)": "sm_clock_mhz",
    "nvmlDeviceGetClockInfo(2)": "memory_clock_mhz",
    "nvmlDeviceGetTemperatureV(0)": "temperature_c",
    "nvmlDeviceGetComputeRunningProcesses": "foreign_processes",
    "nvmlDeviceGetCurrentClocksEventReasons": "clock_reasons",
}


@pytest.mark.parametrize("function", QUANTITIES)
def test_what_a_device_does_not_tell_is_null_with_the_reason_and_never_0(function):
    told = kept([calls(i, **{function: error(pynvml.NVML_ERROR_NOT_SUPPORTED)}) for i in range(3)])
    name = QUANTITIES[function]
    assert name not in told.series
    assert told.untold == {name: "NVML: Not Supported"}
    if name == "clock_reasons":
        assert (told.reasons, told.throttled, told.asked) == (None, None, 0)
        assert told.clock_reasons == [None] * 3
    assert len(told.series) == 8 - (name != "clock_reasons")
    assert told.lost is None


def test_what_is_not_supported_is_not_asked_again():
    asked = []

    class Counting(Replay):
        def __getattr__(self, name):
            asked.append(name)
            return super().__getattr__(name)

    with Counting(trace([calls(i, without=["nvmlDeviceGetPowerUsage"]) for i in range(5)])).sampler():
        pass
    assert asked.count("nvmlDeviceGetPowerUsage") == 1
    assert asked.count("nvmlDeviceGetUtilizationRates") == 5


def test_a_quantity_that_fails_for_once_is_null_at_that_moment_alone():
    busy = error(pynvml.NVML_ERROR_TIMEOUT)
    told = kept([calls(0), calls(1, nvmlDeviceGetPowerUsage=busy), calls(2)])
    assert told.series["power_mw"].mean == [520_000, None, 522_000]
    assert told.untold == {}


def test_older_drivers_know_older_names():
    gone = error(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
    older = {
        "nvmlDeviceGetCurrentClocksEventReasons": gone,
        "nvmlDeviceGetCurrentClocksThrottleReasons": pynvml.nvmlClocksThrottleReasonHwSlowdown,
        "nvmlDeviceGetTemperatureV(0)": gone,
        "nvmlDeviceGetTemperature(0)": 51,
    }
    (sample,) = sampled(trace([calls(0, **older)])).samples
    assert sample.reasons == ("hw_slowdown",)
    assert sample.told["temperature_c"] == 51


def test_reasons_have_names_and_one_that_nobody_knows_its_number():
    assert reason_names(pynvml.nvmlClocksEventReasonNone) == ()
    mask = pynvml.nvmlClocksEventReasonSwPowerCap | pynvml.nvmlClocksEventReasonHwThermalSlowdown | 1 << 40
    assert reason_names(mask) == ("sw_power_cap", "hw_thermal_slowdown", "0x10000000000")
    every = reason_names(pynvml.nvmlClocksThrottleReasonAll)
    assert len(every) == 11
    assert not any(name.startswith("0x") for name in every)


@pytest.mark.parametrize(
    ("mask", "throttled"),
    [
        (0, 0),
        (pynvml.nvmlClocksEventReasonGpuIdle, 0),
        (pynvml.nvmlClocksEventReasonApplicationsClocksSetting, 0),
        (pynvml.nvmlClocksEventReasonSyncBoost, 0),
        (pynvml.nvmlClocksEventReasonDisplayClockSetting, 0),
        (pynvml.nvmlClocksEventReasonSwPowerCap, 1),
        (pynvml.nvmlClocksEventReasonHwSlowdown, 1),
        (pynvml.nvmlClocksEventReasonSwThermalSlowdown, 1),
        (pynvml.nvmlClocksEventReasonHwThermalSlowdown, 1),
        (pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown, 1),
        (pynvml.nvmlClocksThrottleReasonReliability, 1),
        (1 << 40, 1),
        (pynvml.nvmlClocksEventReasonGpuIdle | pynvml.nvmlClocksEventReasonSwPowerCap, 1),
    ],
)
def test_throttled_is_what_the_device_does_to_itself(mask, throttled):
    told = kept([calls(0, nvmlDeviceGetCurrentClocksEventReasons=mask), calls(0)])
    assert (told.throttled, told.asked) == (throttled, 2)
    assert told.reasons == dict.fromkeys(reason_names(mask), 1)


def test_processes_of_others_are_counted():
    found = [{"pid": pid, "usedGpuMemory": None} for pid in (101, 102, 900, 901)]
    assert kept([calls(0, nvmlDeviceGetComputeRunningProcesses=found)]).series["foreign_processes"].mean == [2]


@pytest.mark.parametrize("found", [[], [{"pid": 1, "usedGpuMemory": None}]])
def test_where_our_own_processes_are_not_to_be_seen_nobody_is_called_foreign(found):
    told = kept([calls(0, nvmlDeviceGetComputeRunningProcesses=found)])
    assert "foreign_processes" not in told.series
    assert "PID namespace" in told.untold["foreign_processes"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (pynvml.NVML_ERROR_GPU_IS_LOST, "GPU is lost"),
        (pynvml.NVML_ERROR_UNINITIALIZED, "Uninitialized"),
        (pynvml.NVML_ERROR_RESET_REQUIRED, "GPU requires restart"),
    ],
)
def test_a_device_that_is_lost_ends_the_sampling_and_leaves_what_there_was(code, why):
    lost = dict.fromkeys(calls(), error(code))
    told = kept([calls(0), calls(1), lost, calls(3)])
    assert told.samples == 2
    assert why in told.lost
    assert told.lost.startswith("the device was lost")


def test_a_device_that_is_lost_at_once_leaves_a_reason():
    sampler = sampled(trace([dict.fromkeys(calls(), error(pynvml.NVML_ERROR_GPU_IS_LOST))]))
    assert timeline(sampler, {}) is None
    assert "GPU is lost" in sampler.lost


@pytest.mark.parametrize(
    ("function", "code", "why"),
    [
        ("nvmlInit", pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "NVML does not start: NVML Shared Library Not Found"),
        ("nvmlInit", pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "NVML does not start: Driver Not Loaded"),
        ("nvmlDeviceGetHandleByIndex", pynvml.NVML_ERROR_INVALID_ARGUMENT, "finds no device '0': Invalid Argument"),
    ],
)
def test_without_nvml_or_a_device_the_reason_is_kept_and_nothing_raises(function, code, why):
    sampler = sampled(trace([calls()], head={function: error(code)}))
    assert why in sampler.lost
    assert (sampler.samples, timeline(sampler, {})) == ([], None)


def test_this_machine_has_a_gpu_or_the_sampler_says_why_not():
    """The module itself, whatever is here: no double can tell that a name of it is wrong."""
    with Sampler("0") as sampler:
        pass
    assert sampler.lost or sampler.samples


def test_a_device_is_found_by_uuid_too():
    asked = []

    class Named(Replay):
        def __getattr__(self, name):
            return asked.append(name) or super().__getattr__(name)

    nvml = Named(trace([calls()], head={"nvmlDeviceGetHandleByUUID": None}))
    with Sampler("GPU-00000000", nvml=nvml, clock=nvml.clock, wait=nvml.wait) as sampler:
        pass
    assert sampler.lost is None
    assert asked[0] == "nvmlDeviceGetHandleByUUID"


def test_a_fault_of_ours_costs_the_timeline_and_not_the_race():
    class Broken(Replay):
        def __getattr__(self, name):
            if name == "nvmlDeviceGetPowerUsage":
                raise TypeError("no such argument")
            return super().__getattr__(name)

    with Broken(nvml_traces.usual(3)).sampler() as sampler:
        pass
    assert sampler.lost == "sampling failed: TypeError: no such argument"


def test_samples_come_at_a_fixed_period_and_what_is_late_is_left_out():
    """A clock that stands still but for what each sample is made to take, and for waiting."""
    now, took, waited = [0], iter([10, 130, 10, 350, 10]), []
    replay = Replay(nvml_traces.usual(1))

    class Slow:
        def __getattr__(self, name):
            if name == "nvmlDeviceGetUtilizationRates":
                replay.clock()  # or it would still be before the first sample
                now[0] += next(took) * 1_000_000
            return getattr(replay, name)

    def wait(seconds):
        waited.append(round(seconds * 1e3))
        now[0] += round(seconds * 1e9)
        return len(waited) == 5

    with Sampler("0", nvml=Slow(), clock=lambda: now[0], wait=wait) as sampler:
        pass
    assert [sample.at_ns // 1_000_000 for sample in sampler.samples] == [0, 100, 300, 400, 800]
    assert waited == [90, 70, 90, 50, 90]


def test_sampling_ends_with_its_context_and_in_a_thread_of_its_own():
    """By the clock of this machine: the first sample is taken at once, and the end does not wait for the next."""
    replay, begun, threads = Replay(nvml_traces.usual(1)), threading.Event(), set()

    class Told:
        def __getattr__(self, name):
            threads.add(threading.current_thread().name)
            if name == "nvmlDeviceGetCurrentClocksEventReasons":
                begun.set()
            return getattr(replay, name)

    with Sampler("0", period_s=3600.0, nvml=Told()) as sampler:
        assert begun.wait(60)
    assert (len(sampler.samples), sampler.lost) == (1, None)
    assert "gpu-sampler" in threads
    assert "gpu-sampler" not in {thread.name for thread in threading.enumerate()}


def test_a_call_that_does_not_return_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(gpu, "PATIENCE_S", 0.0)
    replay, asked, answer, closed = Replay(nvml_traces.usual(1)), threading.Event(), threading.Event(), []

    class Stuck:
        def __getattr__(self, name):
            if name == "nvmlShutdown":
                closed.append(name)
            if name == "nvmlDeviceGetPowerUsage":
                asked.set()
                assert answer.wait(60)
            return getattr(replay, name)

    with Sampler("0", nvml=Stuck()) as sampler:
        assert asked.wait(60)
    assert sampler.lost == "NVML gave no answer within 0 s"
    assert closed == [], "that call might not return either"
    assert timeline(sampler, {}) is None
    answer.set()


# ----------------------------------------------------------------------------------------------- what is kept


def test_a_few_samples_are_kept_as_they_are():
    told = kept([calls(i) for i in range(MOST_POINTS)])
    power = told.series["power_mw"]
    assert told.counts == [1] * MOST_POINTS
    assert told.at_ms == [100.0 * i for i in range(MOST_POINTS)]
    assert (power.low, power.high) == (None, None)
    assert power.mean[:8] == [520_000 + 1_000 * i for i in range(7)] + [90_000]
    assert told.series["energy_mj"].mean[:3] == [0, 55_000, 110_000]


def test_many_samples_become_points_that_keep_the_least_and_the_greatest():
    samples = [calls(i) for i in range(2 * MOST_POINTS + 1)]
    spike = 200
    samples[spike]["nvmlDeviceGetPowerUsage"] = 999_000
    samples[spike + 1]["nvmlDeviceGetPowerUsage"] = 1_000
    told = kept(samples)
    power = told.series["power_mw"]
    assert len(told.counts) <= MOST_POINTS
    assert sum(told.counts) == told.samples == len(samples)
    assert max(power.high) == 999_000
    assert min(power.low) == 1_000
    assert told.at_ms[1] == 100.0 * told.counts[0]
    first = [sample["nvmlDeviceGetPowerUsage"] for sample in samples[: told.counts[0]]]
    assert power.mean[0] == pytest.approx(sum(first) / len(first), abs=0.05)
    assert (told.reasons["sw_power_cap"], told.throttled) == (26, 26), "counted before samples are put together"
    place = next(i for i, reasons in enumerate(told.clock_reasons) if "sw_power_cap" in reasons)
    assert told.at_ms[place] <= 6_000.0 < told.at_ms[place + 1]


def test_blocks_are_laid_over_by_the_same_clock():
    began = nvml_traces.BEGAN_NS
    told = kept([calls()], blocks={"torch": [(began + 1_500_000, began + 101_500_000)]})
    assert told.blocks == {"torch": [(1.5, 101.5)]}


# ------------------------------------------------------------------------------------------------------ traces


def test_what_is_recorded_is_replayed_alike():
    """The recorder over one replay writes what a second one reads: structures, lists, numbers and errors."""
    samples = [calls(i, without=["nvmlDeviceGetPowerUsage"]) for i in range(4)]
    samples.append(dict.fromkeys(calls(), error(pynvml.NVML_ERROR_GPU_IS_LOST)))
    lines = trace(samples)
    first, file = Replay(lines), io.StringIO()
    assert record(file, "0", "a replay, recorded", 9, nvml=first, clock=first.clock, wait=first.wait) == 5
    again = sampled(file.getvalue().splitlines())
    once = sampled(lines)
    assert again.samples == once.samples
    assert len(once.samples) == 4
    assert again.lost == once.lost
    assert again.gpu.untold == once.gpu.untold
    assert again.gpu.source == "a trace, replayed: a replay, recorded"


def test_a_recording_without_a_device_says_so_in_its_first_line():
    lines = trace([calls()], head={"nvmlInit": error(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)})
    file = io.StringIO()
    with pytest.raises(GpuError, match="Driver Not Loaded"):
        record(file, "0", "nowhere", 3, nvml=Replay(lines))
    assert "Driver Not Loaded" in sampled(file.getvalue().splitlines()).lost


def test_the_trace_on_file_says_that_it_is_synthetic_and_is_what_its_script_makes():
    assert nvml_traces.FILE.read_text(encoding="utf-8").splitlines() == nvml_traces.usual()
    assert "synthetic" in Replay.read(nvml_traces.FILE).source


def test_a_replay_gives_the_structures_of_the_module():
    replay = Replay(nvml_traces.usual(1))
    replay.nvmlInit()
    assert replay.clock() == nvml_traces.BEGAN_NS
    assert isinstance(replay.nvmlDeviceGetUtilizationRates(None), pynvml.c_nvmlUtilization_t)
    assert isinstance(replay.nvmlDeviceGetMemoryInfo(None), pynvml.c_nvmlMemory_t)
    assert replay.nvmlDeviceGetComputeRunningProcesses(None)[0].pid == 101
    with pytest.raises(pynvml.NVMLError_NotSupported):
        replay.nvmlDeviceGetFanSpeed(None)
    with pytest.raises(AttributeError):
        _ = replay.nvmlDeviceGetNothing
    with pytest.raises(AttributeError):
        _ = replay.elsewhere


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "an empty file"),
        (["{"], "line 1"),
        (["[]"], "line 1"),
        (['{"format": "another", "version": 1, "source": "s", "calls": {}}'], "line 1 is none"),
        ([nvml_traces.usual(1)[0].replace('"version":1', '"version":2')], "line 1 is none"),
        ([nvml_traces.usual(1)[0].replace('"source"', '"sauce"')], "line 1: KeyError"),
        ([nvml_traces.usual(1)[0], '{"at_ns": "soon", "calls": {}}'], "line 2 is none"),
        ([nvml_traces.usual(1)[0], '{"at_ns": 1, "calls": []}'], "line 2 is none"),
    ],
)
def test_what_is_no_trace_is_refused_by_line(lines, why):
    with pytest.raises(TraceError, match=why):
        Replay(lines)
