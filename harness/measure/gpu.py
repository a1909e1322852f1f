"""A GPU as NVML tells of it, sampled at a fixed period by a thread of the process that starts the workers.

Nothing of it runs in a worker. Figures are the driver's: utilisation is the share of its own last sampling period (a
sixth of a second to a second, by product), and power is a mean over a second but on GA100 and what came before Ampere.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pynvml
from pynvml import NVMLError

from harness.schema import FROM_NVML, Quantity

PERIOD_S = 0.1

PATIENCE_S = 5.0
"""Longest that the end of a race waits for a call to NVML that does not return: a device that is lost may do so."""

GONE = frozenset(
    {
        pynvml.NVML_ERROR_UNINITIALIZED,
        pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
        pynvml.NVML_ERROR_GPU_IS_LOST,
        pynvml.NVML_ERROR_RESET_REQUIRED,
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
        pynvml.NVML_ERROR_GPU_NOT_FOUND,
    }
)
"""Errors that are of the device, not of what was asked of it."""

NEVER = frozenset(
    {
        pynvml.NVML_ERROR_INVALID_ARGUMENT,
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    }
)
"""Errors that asking again does not mend."""

OTHER_NUMBERS = (
    "none of the race's own processes is among those on the device: it numbers processes in another PID namespace, "
    "or they do not use it"
)


class GpuError(Exception):
    """NVML or the device cannot be used, or no longer. The message says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a device told at one moment.

    Attributes:
        at_ns: By ``time.perf_counter_ns``, which on Linux is one clock for all processes.
        told: By quantity; what it did not tell is not there.
        reasons: Names of the reasons for which clocks are not higher; None where it did not tell them.
    """

    at_ns: int
    told: Mapping[Quantity, int]
    reasons: tuple[str, ...] | None


def _either(nvml: Any, newer: str, older: str, *arguments: Any) -> Any:
    """Call a function of NVML, or what it was called before, where the driver or ``pynvml`` is older than it."""
    if (call := getattr(nvml, newer, None)) is None:
        return getattr(nvml, older)(*arguments)
    try:
        return call(*arguments)
    except NVMLError as error:
        if error.value != pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
            raise
        return getattr(nvml, older)(*arguments)


def _temperature(nvml: Any, handle: Any) -> int:
    named = "nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature"
    return int(_either(nvml, *named, handle, pynvml.NVML_TEMPERATURE_GPU))


def _reasons(nvml: Any, handle: Any) -> int:
    named = "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"
    return int(_either(nvml, *named, handle))


READ: Mapping[Quantity, Callable[[Any, Any], int]] = {
    "utilisation_percent": lambda nvml, handle: int(nvml.nvmlDeviceGetUtilizationRates(handle).gpu),
    "memory_used_bytes": lambda nvml, handle: int(nvml.nvmlDeviceGetMemoryInfo(handle).used),
    "power_mw": lambda nvml, handle: int(nvml.nvmlDeviceGetPowerUsage(handle)),
    "energy_mj": lambda nvml, handle: int(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)),
    "sm_clock_mhz": lambda nvml, handle: int(nvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)),
    "memory_clock_mhz": lambda nvml, handle: int(nvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM)),
    "temperature_c": _temperature,
}
"""What a device is asked for one number after the other, in the units in which NVML gives them."""

IDENTITY: Mapping[str, Callable[[Any, Any], str | int]] = {
    "device": lambda nvml, handle: str(nvml.nvmlDeviceGetName(handle)),
    "uuid": lambda nvml, handle: str(nvml.nvmlDeviceGetUUID(handle)),
    "driver": lambda nvml, _: str(nvml.nvmlSystemGetDriverVersion()),
    "memory_bytes": lambda nvml, handle: int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
}
"""What it is asked once, by the names that a ``Timeline`` has for it."""

STATE: Mapping[str, Callable[[Any, Any], str | int | float | bool]] = {
    "gpu": IDENTITY["device"],
    "gpu_driver": IDENTITY["driver"],
    "gpu_memory_gib": lambda nvml, handle: round(nvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30, 1),
    "gpu_power_limit_w": lambda nvml, handle: nvml.nvmlDeviceGetPowerManagementLimit(handle) / 1e3,
    "gpu_sm_clock_limit_mhz": lambda nvml, handle: int(nvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_SM)),
    "gpu_ecc": lambda nvml, handle: bool(nvml.nvmlDeviceGetEccMode(handle)[0]),
    "gpu_mig": lambda nvml, handle: bool(nvml.nvmlDeviceGetMigMode(handle)[0]),
    "gpu_persistence": lambda nvml, handle: bool(nvml.nvmlDeviceGetPersistenceMode(handle)),
}
"""What a machine is described by, beside its processor."""

REASONS: Mapping[int, str] = {
    0x1: "gpu_idle",
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
    0x200: "board_limit",
    0x400: "reliability",
}
"""Bits of the mask of clocks' event reasons, which older drivers call throttle reasons. They are the driver's: older
versions of ``pynvml`` have other names for them, and none for the last two."""


def reason_names(mask: int) -> tuple[str, ...]:
    """Return the names of the bits of a mask, lowest first; one that nobody has named yet is its number."""
    bits = (1 << place for place in range(mask.bit_length()) if mask >> place & 1)
    return tuple(REASONS.get(bit, f"{bit:#x}") for bit in bits)


class Gpu:
    """One device, from ``nvmlInit`` to ``close``.

    Attributes:
        identity: What of ``IDENTITY`` NVML tells, None where it does not.
        source: ``FROM_NVML``, or what a replay says of its trace.
        untold: Why the last try at a quantity, or at ``clock_reasons``, gave nothing.
        held: By process, the most bytes that the driver has seen it hold, with what the driver itself needs for it.
    """

    def __init__(self, device: str, nvml: Any = pynvml):
        """Open the device.

        Args:
            device: Its number in the order of the PCI bus, or its UUID.
            nvml: The module ``pynvml``, or what stands in for it.

        Raises:
            GpuError: If there is no NVML, no driver or no such device.
        """
        self.nvml = nvml
        self.source = str(getattr(nvml, "source", FROM_NVML))
        self.untold: dict[str, str] = {}
        self.held: dict[int, int] = {}
        self._never: set[str] = set()
        try:
            nvml.nvmlInit()
        except NVMLError as error:
            raise GpuError(f"NVML does not start: {error}") from None
        try:
            by_index = device.isdecimal()
            find = nvml.nvmlDeviceGetHandleByIndex if by_index else nvml.nvmlDeviceGetHandleByUUID
            self.handle = find(int(device) if by_index else device)
        except NVMLError as error:
            self.close()
            raise GpuError(f"NVML finds no device {device!r}: {error}") from None
        self.identity: dict[str, Any] = {name: self.known(read) for name, read in IDENTITY.items()}

    def sample(self, at_ns: int, own: Collection[int] = ()) -> Sample:
        """Ask the device for everything.

        Args:
            at_ns: When.
            own: Numbers of the processes that are meant to be on it; all others are foreign.

        Raises:
            GpuError: If the device is lost. One quantity that it does not tell is no such thing.
        """
        told: dict[Quantity, int] = {}
        for quantity, read in READ.items():
            if (value := self._read(quantity, read)) is not None:
                told[quantity] = value
        if (foreign := self._foreign(own)) is not None:
            told["foreign_processes"] = foreign
        mask = self._read("clock_reasons", _reasons)
        return Sample(at_ns, told, None if mask is None else reason_names(mask))

    def close(self) -> None:
        """Let NVML go."""
        with contextlib.suppress(NVMLError):
            self.nvml.nvmlShutdown()

    def _read(self, what: str, read: Callable[[Any, Any], Any]) -> Any:
        """Return what a function of NVML gives; None if it does not, with the reason in ``untold``."""
        if what in self._never:
            return None
        try:
            value = read(self.nvml, self.handle)
        except NVMLError as error:
            if error.value in GONE:
                raise GpuError(f"the device was lost: NVML says {error} of {what}") from None
            if error.value in NEVER:
                self._never.add(what)
            self.untold[what] = f"NVML: {error}"
            return None
        return value

    def _foreign(self, own: Collection[int]) -> int | None:
        """Return how many processes compute on the device beside our own; None where ours cannot be told from them."""
        found = self._read("foreign_processes", lambda nvml, handle: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        if found is None:
            return None
        numbers = {int(process.pid) for process in found}
        if own and numbers.isdisjoint(own):
            self.untold["foreign_processes"] = OTHER_NUMBERS
            return None
        for process in found:
            if process.usedGpuMemory is not None:
                self.held[process.pid] = max(process.usedGpuMemory, self.held.get(process.pid, 0))
        return len(numbers.difference(own))

    def known(self, read: Callable[[Any, Any], Any]) -> Any:
        """Return what a function of NVML gives; None where it gives nothing."""
        try:
            return read(self.nvml, self.handle)
        except NVMLError:
            return None


def described(device: str, nvml: Any = pynvml) -> dict[str, Any]:
    """Return what NVML tells of a device by the names of ``STATE``, null where it does not; nothing without one.

    Args:
        device: As for ``Gpu``.
        nvml: As for ``Gpu``.
    """
    try:
        gpu = Gpu(device, nvml)
    except GpuError:
        return {}
    try:
        return {name: gpu.known(read) for name, read in STATE.items()}
    finally:
        gpu.close()


class Sampler:
    """Samples a device from its begin as a context manager to its end, once. Whatever goes wrong, the race goes on.

    Attributes:
        samples: In order.
        gpu: The device, once it is open.
        lost: Why there are no samples, or no more from some moment on; None if nothing went wrong.
    """

    def __init__(
        self,
        device: str,
        own: Collection[int] = (),
        *,
        period_s: float = PERIOD_S,
        nvml: Any = pynvml,
        clock: Callable[[], int] = time.perf_counter_ns,
        wait: Callable[[float], bool] | None = None,
    ):
        """Prepare to sample.

        Args:
            device: As for ``Gpu``.
            own: Numbers of the processes that are meant to be on the device.
            period_s: From sample to sample; what is late is left out and never made up for.
            nvml: As for ``Gpu``.
            clock: Tells nanoseconds.
            wait: Waits for so many seconds, and tells whether to end; None for until the context ends.
        """
        self.device, self.own, self.period_s = device, frozenset(own), period_s
        self.samples: list[Sample] = []
        self.gpu: Gpu | None = None
        self.lost: str | None = None
        self._nvml, self._clock = nvml, clock
        self._over = threading.Event()
        self._wait = wait or self._over.wait
        self._thread = threading.Thread(target=self._run, name="gpu-sampler", daemon=True)

    def __enter__(self) -> Sampler:
        try:
            self.gpu = Gpu(self.device, self._nvml)
        except GpuError as error:
            self.lost = str(error)
        else:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.gpu is None:
            return
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():  # NVML is not closed then: that call might not return either
            self.lost = f"NVML gave no answer within {PATIENCE_S:g} s"
        else:
            self.gpu.close()

    def _run(self) -> None:
        assert self.gpu is not None  # noqa: S101 - the thread is started when there is one
        due = self._clock()
        period_ns = round(self.period_s * 1e9)
        while True:
            now = self._clock()
            try:
                self.samples.append(self.gpu.sample(now, self.own))
            except GpuError as error:
                self.lost = str(error)
                return
            except Exception as error:  # a race is worth more than its timeline
                self.lost = f"sampling failed: {type(error).__name__}: {error}"
                return
            now = self._clock()
            due += period_ns * max(1, -((due - now) // period_ns))
            if self._wait((due - now) / 1e9):
                return
