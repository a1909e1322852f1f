"""Recorded answers of NVML: write them on a machine with a GPU, replay them where there is none.

``python -m harness.measure.nvml_trace FILE --seconds 30`` records. A trace is a file of JSON lines. The first one says
what it is and where it is from; each other one is a sample: when it was taken, and what each function gave, by its
name, with its arguments but for the device. A structure is an object of its fields, an error ``{"error": code}``::

    {"format": "twinbench NVML trace", "version": 1, "source": "…", "calls": {"nvmlInit": null, …}}
    {"at_ns": 81234567, "calls": {"nvmlDeviceGetPowerUsage": 412345, "nvmlDeviceGetClockInfo(1)": 1980, …}}
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import pynvml
from pynvml import NVMLError

from harness.measure.environment import visible_device
from harness.measure.gpu import PERIOD_S, Gpu, GpuError, Sampler

FORMAT, VERSION = "twinbench NVML trace", 1

STRUCTURES: Mapping[str, Any] = {
    "nvmlDeviceGetUtilizationRates": pynvml.c_nvmlUtilization_t,
    "nvmlDeviceGetMemoryInfo": pynvml.c_nvmlMemory_t,
}
"""What these functions return; lists are of ``nvmlFriendlyObject``, all else is a number or text."""

HANDLES = ("nvmlDeviceGetHandleByIndex", "nvmlDeviceGetHandleByUUID")


class TraceError(ValueError):
    """A file that is no trace. The message says which line, and why."""


class Recorder:
    """Stands between a caller and ``pynvml``, and keeps what that gave since ``taken`` was called last."""

    def __init__(self, nvml: Any = pynvml):
        self.nvml = nvml
        self._calls: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        function = getattr(self.nvml, name)
        if not callable(function):
            return function

        def call(*arguments: Any) -> Any:
            key = _key(name, arguments)
            try:
                given = function(*arguments)
            except NVMLError as error:
                self._calls[key] = {"error": error.value}
                raise
            self._calls[key] = None if name in HANDLES else _encoded(given)
            return given

        return call

    def taken(self) -> dict[str, Any]:
        """Return what was given since the last time."""
        calls, self._calls = self._calls, {}
        return calls


def _key(name: str, arguments: tuple[Any, ...]) -> str:
    """Return what a call is named in a trace. A handle is a pointer: it says nothing, and a trace has one device."""
    plain = [str(argument) for argument in arguments if isinstance(argument, int)]
    return name if name in HANDLES or not plain else f"{name}({','.join(plain)})"


def _encoded(given: Any) -> Any:
    if isinstance(given, list):
        return [_encoded(one) for one in given]
    if isinstance(given, ctypes.Structure):
        return {field[0]: getattr(given, field[0]) for field in given._fields_}
    if isinstance(given, pynvml.nvmlFriendlyObject):
        return dict(vars(given))
    return given


def record(
    file: TextIO,
    device: str,
    source: str,
    samples: int,
    *,
    period_s: float = PERIOD_S,
    nvml: Any = pynvml,
    clock: Callable[[], int] = time.perf_counter_ns,
    wait: Callable[[float], object] = time.sleep,
) -> int:
    """Write so many samples of a device as a trace, fewer if it is lost meanwhile.

    Args:
        file: Where to.
        device: As for ``Gpu``.
        source: Where the trace is from, for its readers: machine, time, what ran.
        samples: How many.
        period_s: From sample to sample.
        nvml: As for ``Gpu``.
        clock: Tells nanoseconds.
        wait: Waits for so many seconds.

    Returns:
        How many were written, one that met the loss included.

    Raises:
        GpuError: If there is no such device. The trace then has its first line, with the error.
    """

    def write(line: dict[str, Any]) -> None:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")

    recorder = Recorder(nvml)
    head = {"format": FORMAT, "version": VERSION, "source": source}
    try:
        gpu = Gpu(device, recorder)
    except GpuError:
        write(head | {"calls": recorder.taken()})
        raise
    write(head | {**gpu.identity, "calls": recorder.taken()})
    written = 0
    try:
        for number in range(samples):
            if number:
                wait(period_s)
            at_ns = clock()
            try:
                gpu.sample(at_ns)
            except GpuError:
                break
            finally:
                write({"at_ns": at_ns, "calls": recorder.taken()})
                written += 1
    finally:
        gpu.close()
    return written


class Replay:
    """Stands in for the module ``pynvml``, with the answers of a trace: same names, same structures, same errors.

    What a line of the trace lacks is not supported. ``sampler`` makes one that takes every sample of the trace, in no
    time, at the trace's own distances.

    Attributes:
        source: Where the trace says that it is from, as whoever reads the samples has to be told.
    """

    def __init__(self, lines: Iterable[str], began_ns: int | None = None):
        """Read a trace.

        Args:
            lines: Of the file.
            began_ns: When its first sample is to be; None for when it was.

        Raises:
            TraceError: If it is none, or of a newer version.
        """
        self._head, *self._samples = _parsed(lines)
        self.source = f"a trace, replayed: {self._head['source']}"
        first = self._samples[0]["at_ns"] if self._samples else 0
        self._shift = 0 if began_ns is None else began_ns - first
        self._place: int | None = None

    @classmethod
    def read(cls, path: Path, began_ns: int | None = None) -> Replay:
        """Read a trace from a file, see above."""
        with path.open(encoding="utf-8") as file:
            return cls(file, began_ns)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("nvml") or not callable(getattr(pynvml, name, None)):
            raise AttributeError(name)

        def call(*arguments: Any) -> Any:
            return self._given(name, _key(name, arguments))

        return call

    def nvmlInit(self) -> None:  # noqa: N802 - the name is pynvml's
        """Begin at the trace's first line, again if need be."""
        self._place = None
        self._given("nvmlInit", "nvmlInit")

    def nvmlShutdown(self) -> None:  # noqa: N802
        """End."""

    def clock(self) -> int:
        """Return when the sample is that comes now, in ns; the first time it is asked, the samples begin."""
        self._place = self._place or 0
        return int(self._samples[self._place]["at_ns"]) + self._shift if self._samples else self._shift

    def wait(self, seconds: float) -> bool:
        """Go on to the next sample, and return whether there is none."""
        self._place = (self._place or 0) + 1
        return self._place >= len(self._samples)

    def sampler(self, own: Iterable[int] = (), period_s: float = PERIOD_S) -> Sampler:
        """Return a sampler that takes all samples of the trace."""
        return Sampler("0", frozenset(own), period_s=period_s, nvml=self, clock=self.clock, wait=self.wait)

    def _given(self, name: str, key: str) -> Any:
        # What is asked before the first sample stands in the first line.
        line = self._head if self._place is None or not self._samples else self._samples[self._place]
        given = line["calls"].get(key, {"error": pynvml.NVML_ERROR_NOT_SUPPORTED})
        if isinstance(given, dict) and given.keys() == {"error"}:
            raise NVMLError(given["error"])
        if isinstance(given, list):
            return [pynvml.nvmlFriendlyObject(one) if isinstance(one, dict) else one for one in given]
        return STRUCTURES[name](**given) if name in STRUCTURES else given


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a trace.

    Raises:
        TraceError: At one that is none.
    """
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            if number == 1:
                whole = (told["format"], told["version"]) == (FORMAT, VERSION) and isinstance(told["source"], str)
            else:
                whole = isinstance(told["at_ns"], int)
            whole = whole and isinstance(told["calls"], dict)
        except (ValueError, KeyError, TypeError) as error:
            raise TraceError(f"line {number}: {error!r}") from error
        if not whole:
            raise TraceError(f"line {number} is none of a {FORMAT}, version {VERSION}")
        yield told
    if not number:
        raise TraceError(f"an empty file is no {FORMAT}")


def main() -> int:
    """Record the device that workers would compute on."""
    parser = argparse.ArgumentParser(prog="python -m harness.measure.nvml_trace", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="where to write the trace; what is there is replaced")
    parser.add_argument("--seconds", type=float, default=30.0, help="for how long (default: 30)")
    parser.add_argument("--doing", default="not said", help="what ran meanwhile, for readers of the trace")
    asked = parser.parse_args()
    taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    source = f"recorded from a device on {platform.node()}, {taken}; meanwhile: {asked.doing}"
    try:
        with asked.file.open("w", encoding="utf-8") as file:
            written = record(file, visible_device(os.environ), source, max(1, round(asked.seconds / PERIOD_S)))
    except (GpuError, OSError) as error:
        print(f"nothing recorded: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{written} samples in {asked.file}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
