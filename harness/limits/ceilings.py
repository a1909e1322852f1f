"""Measure what a device can do at most, through each framework, in the process and with the settings of its arm."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness import registry
from harness.contract import Device, Precision, Setup
from harness.limits.rounds import quietly
from harness.measure.environment import fingerprint, last_cache_bytes
from harness.parity.workers import package_of
from harness.run.process import Worker, WorkerFailure
from harness.run.sitting import START_TIMEOUT_S, now
from harness.schema import Ceiling, Ceilings

Dtype: TypeAlias = Literal["float64", "float32", "tf32", "bfloat16", "float16"]

DTYPES: dict[Precision, tuple[Dtype, ...]] = {
    "fp32": ("float32", "float16"),
    "tf32": ("tf32",),
    "bf16": ("bfloat16",),
    "fp64": ("float64",),
}
"""What is multiplied in a process of each precision, which is configured as for a race."""

NO_TF32 = "TF32 is a mode of NVIDIA's tensor cores: a CPU has none"
NO_TRANSFER = "the device is the host: nothing is carried"

PRODUCT_S = 0.5
"""A larger product is tried only as long as it should take no longer than this."""

REQUEST_S = 120.0
SMALLEST_ARRAY, OF_CACHE, OF_MEMORY = 1 << 26, 4, 16
"""An array has four times the bytes of all last-level caches that are used, as STREAM asks (McCalpin 1995), but at most
a sixteenth of the memory."""

ON_GPU = 1 << 30
"""The same for a GPU, the largest cache of which holds some 60 MB."""

Ask: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes:
        sizes: Of matrices, ascending.
        array_bytes: Of each of two arrays.
        samples: Of each thing at each size.
    """

    sizes: tuple[int, ...] = (256, 512, 1024, 2048, 4096)
    array_bytes: int = 0
    samples: int = 7

    @classmethod
    def of(cls, device: Device) -> Extent:
        """Return what suits a device of this machine."""
        if device == "gpu":
            return cls(sizes=(1024, 2048, 4096, 8192, 16384), array_bytes=ON_GPU)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        wanted = max(SMALLEST_ARRAY, OF_CACHE * (last_cache_bytes() or 0))
        return cls(array_bytes=min(wanted, memory // OF_MEMORY))


class Unmeasurable(ValueError):
    """A device or an arm of which no ceiling can be measured. The message says why."""


def named(arms: Sequence[str]) -> list[str]:
    """Return the arms that are asked for, or all that can.

    Raises:
        UnknownName: If there is no such arm.
        Unmeasurable: If one cannot run here, or has nothing to be measured by, or none can.
    """
    for name in arms:
        spec = registry.find_arm(name)
        if reason := registry.missing(spec):
            raise Unmeasurable(f"{name} cannot run here: {reason}")
        if spec.witness:
            raise Unmeasurable(f"{name} is a witness: it checks the others, and what it can do is of no interest")
        if spec.form_of:  # whose ceilings are of pieces that nobody compiles
            raise Unmeasurable(f"{name} is a form of {spec.form_of}: measure that")
    known = registry.arms().values()
    chosen = list(dict.fromkeys(arms)) or [
        spec.name for spec in known if not spec.witness and not registry.missing(spec)
    ]
    if not chosen:
        raise Unmeasurable("no arm can run here; see `twinbench doctor`")
    return chosen


def cores(threads: int | None) -> int:
    """Return how many threads are meant.

    Raises:
        Unmeasurable: If there are not so many cores.
    """
    have = len(os.sched_getaffinity(0))
    if threads and threads > have:
        raise Unmeasurable(f"threads is {threads}, but only {have} cores may be used")
    return threads or have


def wanting(found: Ceilings) -> bool:
    """Return whether something is missing that every device has, or was disturbed."""
    optional = ("float16", "tf32")
    return any(
        one.disturbed or (one.best is None and one.kind != "transfer" and one.dtype not in optional)
        for one in found.found
    )


def measure(
    arms: Sequence[str],
    threads: int,
    tell: Callable[[str], None],
    extent: Extent | None = None,
    device: Device = "cpu",
) -> Ceilings:
    """Return what the device gives at most, through each of the arms.

    Args:
        arms: Which can run here.
        threads: Of each process.
        tell: Takes what is being measured, as it goes on.
        extent: How much is measured; by default what suits the device.
        device: Which.

    Raises:
        Unmeasurable: If it is a GPU, and there is none, or none of the arms computes there.
    """
    machine, created = fingerprint(device), now()
    if device == "gpu" and not machine.get("gpu"):  # what is filed without its name would be the CPU's
        raise Unmeasurable("NVML finds no GPU here")
    if not any(device in registry.find_arm(arm).precisions for arm in arms):
        raise Unmeasurable(f"none of {', '.join(arms)} computes on {device}")
    found: dict[str, list[Ceiling]] = {arm: [] for arm in arms}
    with tempfile.TemporaryDirectory(prefix="twinbench-ceilings-") as scratch:
        for precision in DTYPES:
            with contextlib.ExitStack() as stack:
                workers = {
                    arm: stack.enter_context(_begin(arm, Setup(precision, threads, device=device), Path(scratch)))
                    for arm in arms
                    if precision in registry.find_arm(arm).precisions.get(device, ())
                }
                for worker in workers.values():  # nothing is measured while another imports
                    worker.settle(START_TIMEOUT_S)
                for arm, worker in workers.items():
                    tell(f"{arm}, {precision}")
                    found[arm] += _of_worker(arm, worker, extent or Extent.of(device))
    return Ceilings(
        created=created,
        cpu=machine["cpu"],
        cores=machine["cores_used"],
        threads=threads,
        versions={arm: registry.versions(registry.find_arm(arm)) for arm in arms},
        last_cache=last_cache_bytes() if device == "cpu" else None,
        gpu=machine.get("gpu"),
        found=[one for of_arm in found.values() for one in of_arm],
    )


def _begin(arm: str, setup: Setup, scratch: Path) -> Worker:
    worker = Worker(registry.find_arm(arm), setup, scratch / f"{arm}-{setup.precision}.log", scratch)
    worker.begin()
    return worker


def _of_worker(arm: str, worker: Worker, extent: Extent) -> Iterator[Ceiling]:
    """Yield all that a process of an arm can be asked for."""
    on_cpu, precision = worker.setup.device == "cpu", worker.setup.precision

    def ask(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return worker.ask(
            "ceiling",
            REQUEST_S,
            module=f"{package_of(arm)}.exercises.ceilings",
            function=function,
            arguments=arguments,
            samples=extent.samples,
        )

    with contextlib.suppress(WorkerFailure):  # each request below then tells it again
        worker.started(START_TIMEOUT_S)
    for dtype in DTYPES[precision]:
        yield _found(arm, "product", functools.partial(_product, ask, dtype, extent.sizes), dtype)
    if precision == "fp32":
        if on_cpu:
            yield Ceiling(arm=arm, kind="product", dtype="tf32", reason=NO_TF32)
        yield _found(arm, "memory", lambda: _memory(ask, extent.array_bytes))
        yield _found(arm, "call", lambda: _call(ask))
        if on_cpu:
            yield Ceiling(arm=arm, kind="transfer", reason=NO_TRANSFER)
        else:
            yield _found(arm, "transfer", lambda: _transfer(ask, extent.array_bytes // 4))


def _found(
    arm: str,
    kind: Literal["product", "memory", "call", "transfer"],
    look: Callable[[], dict[str, Any]],
    dtype: Dtype | None = None,
) -> Ceiling:
    """Return what was found, or why nothing was."""
    try:
        return Ceiling(arm=arm, kind=kind, dtype=dtype, **look())
    except WorkerFailure as error:
        return Ceiling(arm=arm, kind=kind, dtype=dtype, reason=str(error))


def _product(ask: Ask, dtype: Dtype, sizes: Sequence[int]) -> dict[str, Any]:
    """Return the most FLOP/s of any size, each size as long as it takes no longer than it should."""
    held = "float32" if dtype == "tf32" else dtype  # how that is multiplied was said when the process was configured
    best: dict[str, Any] = {}
    for size in sizes:
        work = 2 * size**3
        rate = _rates(ask, "matrix_product", {"size": size, "dtype": held}, work, size)
        if rate["best"] > best.get("best", 0.0):
            best = rate
        if 8 * work / rate["best"] > PRODUCT_S:
            break
    return best


def _memory(ask: Ask, array_bytes: int) -> dict[str, Any]:
    """Return bytes a second: both arrays are read, one is written."""
    numbers = array_bytes // 4
    return _rates(ask, "memory", {"numbers": numbers}, 3 * 4 * numbers, 4 * numbers)


def _transfer(ask: Ask, array_bytes: int) -> dict[str, Any]:
    """Return bytes a second from host to device."""
    numbers = array_bytes // 4
    return _rates(ask, "transfer", {"numbers": numbers}, 4 * numbers, 4 * numbers)


def _call(ask: Ask) -> dict[str, Any]:
    """Return seconds."""
    told, disturbed = quietly(lambda: ask("call", {}))
    seconds = told["seconds"]
    median = statistics.median(seconds)
    return {"best": min(seconds), "median": median, "samples": len(seconds), "disturbed": disturbed}


def _rates(ask: Ask, function: str, arguments: dict[str, Any], work: int, size: int) -> dict[str, Any]:
    """Return so much work over the seconds that a function takes."""
    told, disturbed = quietly(lambda: ask(function, arguments))
    seconds = told["seconds"]
    return {
        "best": work / min(seconds),
        "median": work / statistics.median(seconds),
        "size": size,
        "samples": len(seconds),
        "disturbed": disturbed,
    }
