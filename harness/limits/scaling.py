"""How the time of a train step grows with threads, with the batch, or with the network, and where each arm bends."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import math
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from harness import registry, stats
from harness.contract import Cell, Device, Precision, Setup, Workload
from harness.limits import rounds
from harness.measure.environment import fingerprint
from harness.run.coordinator import store_dataset
from harness.run.process import Worker, WorkerFailure
from harness.run.sitting import START_TIMEOUT_S, StoredDataset, now
from harness.schema import Bend, ScaleLine, ScalePoint, Scaling

THREADS, BATCH = "threads", "batch"
"""What can be varied of any workload; beside them whole numbers among the arguments of its architecture."""

LEAST_BEND = 0.25
"""Change of the exponent between neighbours that is told as a bend."""

REQUEST_S = 600.0


class Unscalable(ValueError):
    """Something that cannot be varied as asked. The message says why."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be measured.

    Attributes:
        over: ``THREADS``, ``BATCH`` or an argument of the architecture.
        values: Of it, ascending, two at least.
        threads: Of each process, where they are not what varies.
        launches: How often all values are gone through, in random order: a machine changes its speed between them.
        rounds: Blocks at each value in each launch.
    """

    workload: str
    over: str
    values: tuple[int, ...]
    arms: tuple[str, ...]
    precision: Precision
    threads: int
    device: Device = "cpu"
    launches: int = 2
    rounds: int = 4
    block_ms: float = 200.0

    def variant(self, value: int) -> Workload:
        """Return the workload at one of the values."""
        workload = registry.find_workload(self.workload)
        if self.over == THREADS:
            return workload
        if self.over == BATCH:
            return dataclasses.replace(workload, batch_size=value)
        architecture = workload.architecture
        arguments = {**architecture.arguments, self.over: value}
        return dataclasses.replace(workload, architecture=dataclasses.replace(architecture, arguments=arguments))

    def setup(self, value: int) -> Setup:
        """Return what the processes are told at one of the values."""
        threads = value if self.over == THREADS else self.threads
        return Setup(self.precision, threads, device=self.device)

    def check(self) -> None:
        """See that it can be measured.

        Raises:
            UnknownName: If there is no such workload or arm, or nothing of that name to be varied.
            Unscalable: If the values do not suit it, or an arm cannot train it here.
        """
        workload = registry.find_workload(self.workload)
        if not self.arms:
            raise Unscalable(f"no arm can train {self.workload} in {self.precision} here; see `twinbench doctor`")
        known = [THREADS, BATCH, *varied(workload)]
        if self.over not in known:
            raise registry.UnknownName("thing to vary", self.over, known)
        if len(self.values) < 2 or list(self.values) != sorted(set(self.values)) or self.values[0] < 1:
            raise Unscalable(f"values must be two or more whole numbers, ascending: {self.values}")
        have = len(os.sched_getaffinity(0))
        if self.over == THREADS and self.values[-1] > have:
            raise Unscalable(f"threads up to {self.values[-1]} are asked for, but only {have} cores may be used")
        for arm in self.arms:
            if reason := registry.refusal(arm, workload, self.precision, self.device):
                raise Unscalable(reason)


def varied(workload: Workload) -> list[str]:
    """Return the arguments of a workload's architecture that are whole numbers and may be varied."""
    arguments = workload.architecture.arguments
    return [name for name, value in arguments.items() if type(value) is int and name not in FIXED]


FIXED = ("in_features", "out_features", "in_channels", "num_classes", "vocabulary", "image_size", "segments", "length")
"""What the data fix."""


def measure(request: Request, tell: Callable[[str], None]) -> Scaling:
    """Time a train step at every value: all arms in turns, in rounds of random order, in processes of their own.

    Args:
        request: What is asked for, checked.
        tell: Takes what is being measured, as it goes on.

    Raises:
        DatasetUnavailable: If the data cannot be had.
    """
    created, machine = now(), fingerprint(request.device)
    found: dict[tuple[str, int], _Found] = {(arm, value): _Found() for arm in request.arms for value in request.values}
    order = random.Random(f"{request.workload} {request.over}")
    with tempfile.TemporaryDirectory(prefix="twinbench-scale-") as folder:
        scratch = Path(folder)
        dataset = store_dataset(registry.load_dataset(registry.find_workload(request.workload).dataset), scratch)
        for launch in range(request.launches):
            for value in order.sample(request.values, len(request.values)):
                tell(f"launch {launch + 1} of {request.launches}, {request.over} {value}")
                of_arms = {arm: found[arm, value] for arm in request.arms}
                _at(request, value, dataset, scratch / f"{launch}-{value}", of_arms)
    count = request.launches * request.rounds
    points = {arm: [found[arm, value].point(value, count) for value in request.values] for arm in request.arms}
    return Scaling(
        workload=request.workload,
        over=request.over,
        precision=request.precision,
        threads=None if request.over == THREADS else request.threads,
        batch_size=None if request.over == BATCH else registry.find_workload(request.workload).batch_size,
        created=created,
        cpu=machine["cpu"],
        cores=machine["cores_used"],
        gpu=machine.get("gpu"),
        lines=[line(arm, registry.versions(registry.find_arm(arm)), found) for arm, found in points.items()],
    )


def wanting(found: Scaling) -> bool:
    """Return whether a value could not be measured, or others took cores from most of its rounds."""
    return rounds.wanting(point for one in found.lines for point in one.points)


def line(arm: str, versions: Mapping[str, str], points: Sequence[ScalePoint]) -> ScaleLine:
    """Return an arm's points with the exponent b of time ∝ valueᵇ, fitted to them, and where it changes most."""
    known = [(point.value, point.ms) for point in points if point.ms is not None]
    fit = stats.power(known) if len(known) > 1 else None
    return ScaleLine(
        arm=arm,
        versions=dict(versions),
        points=list(points),
        exponent=fit.estimate if fit else None,
        low=fit.interval.low if fit and fit.interval else None,
        high=fit.interval.high if fit and fit.interval else None,
        bend=_bend(known),
    )


def _bend(known: Sequence[tuple[int, float]]) -> Bend | None:
    """Return the value at which the exponent between neighbours changes most, if it changes by much."""
    slopes = [
        math.log(later / earlier) / math.log(value / before)
        for (before, earlier), (value, later) in itertools.pairwise(known)
    ]
    changes = [after - before for before, after in itertools.pairwise(slopes)]
    if not changes or max(map(abs, changes)) < LEAST_BEND:
        return None
    place = max(range(len(changes)), key=lambda number: abs(changes[number]))
    return Bend(value=known[place + 1][0], before=slopes[place], after=slopes[place + 1])


@dataclasses.dataclass
class _Found:
    """What is known of an arm at one value: milliseconds of undisturbed rounds, and why there are no more."""

    clean: list[float] = dataclasses.field(default_factory=list)
    lost: str | None = None

    def point(self, value: int, count: int) -> ScalePoint:
        return rounds.times(ScalePoint, self.clean, count, self.lost, value=value)


def _at(request: Request, value: int, dataset: StoredDataset, scratch: Path, found: Mapping[str, _Found]) -> None:
    """Time every arm at one value, in fresh processes that take turns, and add to what was found before."""
    scratch.mkdir()
    workload = request.variant(value)
    with contextlib.ExitStack() as stack:
        workers = {}
        for arm in request.arms:
            worker = Worker(registry.find_arm(arm), request.setup(value), scratch / f"{arm}.log", scratch)
            workers[arm] = stack.enter_context(worker)
            worker.begin()
        for worker in workers.values():  # nothing is measured while another imports
            worker.settle(START_TIMEOUT_S)
        counts = {}
        for arm, worker in workers.items():
            with _noted(found[arm]):
                worker.started(START_TIMEOUT_S)
                worker.open(Cell.of(workload, arm, worker.setup), dataset, REQUEST_S, workload)
                counts[arm] = worker.ask("warm_up", REQUEST_S, block_ms=request.block_ms)["steps"]
        order = random.Random(f"{request.workload} {request.over} {value}")
        for _ in range(request.rounds):
            for arm in order.sample(list(counts), len(counts)):
                if found[arm].lost:
                    continue
                with _noted(found[arm]):
                    ask = functools.partial(workers[arm].ask, "block", REQUEST_S, steps=counts[arm])
                    block, disturbed = rounds.quietly(ask)
                    if not disturbed:
                        found[arm].clean.append(block["wall_ns"] / 1e6 / counts[arm])


@contextlib.contextmanager
def _noted(found: _Found) -> Iterator[None]:
    try:
        yield
    except WorkerFailure as failure:
        found.lost = str(failure)
