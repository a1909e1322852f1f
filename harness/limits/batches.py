"""What memory a train step takes by batch size, and the largest batch that fits."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import matched, registry
from harness.contract import Cell, Device, Outcome, Precision, Setup, Workload
from harness.measure.environment import fingerprint
from harness.run.coordinator import store_dataset
from harness.run.process import Worker, WorkerFailure
from harness.run.sitting import START_TIMEOUT_S, StoredDataset, now
from harness.schema import BatchMemory, MemoryLine, MemorySweep

REQUEST_S = 600.0
FIRST = 2
"""Samples to begin with: of them nothing takes much, and twice as many take at most twice as much."""

TRAINING = ("first step", "step")
"""Phases whose peaks count: a large batch is not there before."""

CLOSE = 0.05
"""Share of the largest batch that fits by which a smaller one than the largest may be called so."""

OUT_OF_MEMORY = {Outcome.OUT_OF_MEMORY_HOST, Outcome.OUT_OF_MEMORY_DEVICE}


MEMORY = Path("/proc/meminfo")
OF_GROUP = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
"""What a container may take, and what it has taken, what it read from files included."""


class Unfit(ValueError):
    """Memory that cannot be looked for as asked. The message says why."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be looked for.

    Attributes:
        workload: The name of one, or of a technique, all of whose variants are looked at.
        precisions: Each arm is tried in all of them.
        limit: Bytes that may be taken: of the process on a CPU, of what the framework has on a GPU. None on a GPU: what
            the GPU gives.
    """

    workload: str
    arms: tuple[str, ...]
    precisions: tuple[Precision, ...]
    threads: int
    device: Device = "cpu"
    limit: int | None = None

    def check(self) -> None:
        """See that it can be looked for.

        Raises:
            UnknownName: If there is no such workload, technique or arm.
            Unfit: If no arm can train it here, or trying would take more memory than the machine has to spare.
        """
        workloads = registry.find_workloads(self.workload)
        for workload, arm, precision in itertools.product(workloads, self.arms, self.precisions):
            if reason := registry.refusal(arm, workload, precision, self.device):
                raise Unfit(reason)
        if not self.arms or not self.precisions:
            raise Unfit(f"no arm can train {self.workload} so here; see `twinbench doctor`")
        for workload in workloads:
            if (parts := workload.accumulation) > 1:
                raise Unfit(f"{workload.name} takes its batches in {parts} parts: its memory is a part's")
        if self.device == "cpu":
            spare = available_bytes()
            if not self.limit or (spare is not None and self.limit > spare / 2):
                told = "unknown" if spare is None else f"{spare / 2**20:,.0f} MiB"
                raise Unfit(
                    f"a limit must be at most half of the memory that is available ({told}): a batch that does not fit "
                    "may take twice as much as one that does"
                )


def available_bytes() -> int | None:
    """Return the memory that processes may take on this machine, or in this container; None where nobody tells."""
    told = []
    with contextlib.suppress(OSError, StopIteration):
        lines = (line.split() for line in MEMORY.read_text().splitlines())
        told.append(next(int(number) * 1024 for name, number, *_ in lines if name == "MemAvailable:"))
    with contextlib.suppress(OSError, ValueError):  # "max" is no limit
        most, taken_now = (int(path.read_text()) for path in OF_GROUP)
        told.append(most - taken_now)
    return min(told, default=None)


def measure(request: Request, tell: Callable[[str], None]) -> MemorySweep:
    """Look for the largest batch of every variant and arm, each try in a fresh process, one after the other.

    Args:
        request: What is asked for, checked.
        tell: Takes what is being tried, as it goes on.

    Raises:
        DatasetUnavailable: If the data cannot be had.
    """
    created, machine = now(), fingerprint(request.device)
    with tempfile.TemporaryDirectory(prefix="twinbench-memory-") as folder:
        lines = [
            line
            for workload in registry.find_workloads(request.workload)
            for line in _lines(request, workload, Path(folder), tell)
        ]
    return MemorySweep(
        workload=request.workload,
        limit_bytes=request.limit,
        threads=request.threads,
        created=created,
        cpu=machine["cpu"],
        cores=machine["cores_used"],
        gpu=machine.get("gpu"),
        lines=lines,
    )


def _lines(request: Request, workload: Workload, scratch: Path, tell: Callable[[str], None]) -> Iterator[MemoryLine]:
    """Yield what each arm takes of one workload in each precision."""
    data = registry.load_dataset(workload.dataset)
    dataset, samples = store_dataset(data, scratch), len(matched.examples(data, workload).x_train)
    for arm, precision in itertools.product(request.arms, request.precisions):

        def tried(batch: int, arm: str = arm, precision: Precision = precision) -> BatchMemory:
            tell(f"{workload.name} on {arm} in {precision}, {batch} samples")
            return _try(request, workload, arm, precision, batch, dataset, scratch)

        points, largest = search(tried, samples)
        yield MemoryLine(
            workload=workload.name,
            arm=arm,
            precision=precision,
            samples=samples,
            versions=registry.versions(registry.find_arm(arm)),
            points=points,
            largest=largest,
            sample_bytes=further(points),
        )


def search(tried: Callable[[int], BatchMemory], most: int) -> tuple[list[BatchMemory], int | None]:
    """Return all tries, by batch size, and the largest batch that fits: by doubling, then by bisection.

    A try that fails for another reason than memory ends it.

    Args:
        tried: Tries a batch of so many samples.
        most: Samples that there are.

    Returns:
        None for the largest if nothing that was tried fits.
    """
    points: dict[int, BatchMemory] = {}

    def fits(batch: int) -> bool:
        points[batch] = tried(batch)
        return points[batch].fits

    low, high = 0, most + 1  # the largest that fits, the smallest that does not
    batch = min(FIRST, most)
    while low < batch < high and (not low or high - low > max(1, CLOSE * low)):
        if fits(batch):
            low = batch
        elif points[batch].reason:
            break
        else:
            high = batch
        batch = (low + high) // 2 if high <= most else min(2 * low, most)
    found = sorted(points.values(), key=lambda point: point.batch)
    return found, low or None


def further(points: Sequence[BatchMemory]) -> float | None:
    """Return what one more sample takes, between the smallest and the largest batch that fit; None of fewer."""
    known = [(one.batch, peak) for one in points if one.fits and (peak := one.peak_bytes) is not None]
    (few, least), (many, highest) = (known[0], known[-1]) if known else ((0, 0), (0, 0))
    return (highest - least) / (many - few) if many > few else None


def _try(
    request: Request,
    workload: Workload,
    arm: str,
    precision: Precision,
    batch: int,
    dataset: StoredDataset,
    scratch: Path,
) -> BatchMemory:
    """Train a few steps on one batch in a fresh process, and return the peaks of its memory."""
    workload = dataclasses.replace(  # whose only batch is staged
        workload, batch_size=batch, samples=batch, held_out=0, stopping=None, checkpointing=None
    )
    setup = Setup(precision, request.threads, device=request.device)
    with Worker(registry.find_arm(arm), setup, scratch / f"{arm}.log", scratch) as worker:
        try:
            worker.begin()
            worker.started(START_TIMEOUT_S)
            worker.open(Cell.of(workload, arm, setup), dataset, REQUEST_S, workload)
            worker.ask("warm_up", REQUEST_S, block_ms=1.0)
            told = worker.ask("finish", REQUEST_S, frameworks=[], phase="step")
        except WorkerFailure as failure:
            reason = None if failure.outcome in OUT_OF_MEMORY else str(failure)
            return BatchMemory(batch=batch, fits=False, reason=reason)
    found = _peaks(batch, told)
    peak = found.peak_bytes
    if request.limit is None or (peak is not None and peak <= request.limit):
        return found
    return found.model_copy(update={"fits": False, "reason": None if peak else "nobody tells how much it took"})


def _peaks(batch: int, told: Mapping[str, Any]) -> BatchMemory:
    """Return the highest peaks of training; where the kernel tells no phases, that of the whole process."""
    phases = [peak for phase, peak in told["phases"].items() if phase in TRAINING]
    on_device = [peaks for phase, peaks in told["device_memory"].items() if phase in TRAINING]
    live, pool = (
        max((peaks[kind] for peaks in on_device if peaks[kind] is not None), default=None)
        for kind in ("live_bytes", "pool_bytes")
    )
    host = max(phases, default=told["peak_rss_bytes"])
    return BatchMemory(batch=batch, fits=True, host_bytes=host, live_bytes=live, pool_bytes=pool)
