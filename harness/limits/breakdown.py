"""Where the time of an arm's train step goes: its parts, each measured by itself, beside the whole."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import math
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from harness import matched, registry
from harness.contract import ArmSpec, Cell, Part, Precision, Setup, Workload
from harness.limits import rounds
from harness.measure.environment import fingerprint, source_sha256
from harness.run.coordinator import store_dataset
from harness.run.process import Worker, WorkerFailure
from harness.run.sitting import START_TIMEOUT_S, now
from harness.schema import Breakdown, PartTime

PARTS: tuple[Part, ...] = get_args(Part)

SUMMED: tuple[Part, ...] = ("forward+backward", "optimizer", "bookkeeping")
"""What makes up a step; ``forward`` is in the first of them, and ``dispatch`` in all."""

FED: tuple[str, ...] = ("input", "epoch")
"""What is timed by epochs."""

EPOCH_BATCHES, EPOCH_S = 64, 10.0
"""Of an epoch: so many steps are enough to tell what feeds one, and fewer if they would take longer than that. A
warm-up has up to fifteen epochs, in the time of one request."""

REQUEST_S = 300.0


class Undivided(ValueError):
    """A step that cannot be taken apart as asked. The message says why."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be measured.

    Attributes:
        parts: Names of ``PARTS``; none means all that the arm has. The whole step is always measured, and an epoch's
            where ``input`` is.
    """

    arm: str
    workload: str
    precision: Precision
    threads: int
    parts: Sequence[str] = ()
    rounds: int = 8
    block_ms: float = 200.0

    @property
    def spec(self) -> ArmSpec:
        """The arm."""
        return registry.find_arm(self.arm)

    @property
    def able(self) -> tuple[Part, ...]:
        """The parts that the arm has."""
        return _able(self.spec)

    @property
    def fused(self) -> bool:
        """Whether the arm's step is compiled as a whole."""
        return "optimizer" not in self.spec.parts

    @property
    def timed(self) -> list[str]:
        """All that is measured, the whole last."""
        chosen = [part for part in PARTS if part in self.able and (not self.parts or part in self.parts)]
        return [*chosen, "step", *(["epoch"] if "input" in chosen else [])]

    def check(self) -> None:
        """See that it can be measured.

        Raises:
            UnknownName: If a name is not known.
            Undivided: If the arm, or the workload, has no such parts here.
        """
        spec, workload = self.spec, registry.find_workload(self.workload)
        _check_parts(self.parts)
        if not spec.parts:
            raise Undivided(f"{self.arm} has no parts that can be run by themselves")
        if reason := registry.unsupported(spec, workload, self.precision):
            raise Undivided(f"{self.arm} cannot train {self.workload} here: {reason}")
        if self.precision == "fp16":
            raise Undivided("in fp16 a step scales its loss and may leave itself out; its parts know nothing of that")
        if workload.accumulation > 1 or workload.train_step:
            raise Undivided(f"{self.workload} has a train step of its own, whose parts nobody knows")
        if lacking := [part for part in self.parts if part not in self.able]:
            why = "its step is compiled as a whole" if self.fused else "its step has none"
            raise Undivided(
                f"{self.arm} cannot run {', '.join(lacking)} by itself: {why}; it has {', '.join(self.able)}"
            )


def named(arms: Sequence[str], parts: Sequence[str], precision: Precision, workload: str) -> list[str]:
    """Return the arms that are asked for, or all that can run these parts by themselves.

    Raises:
        UnknownName: If there is no such workload, or no such part.
        Undivided: If there is none.
    """
    _check_parts(parts)
    able = registry.able(registry.find_workload(workload), precision)
    apart = {arm: spec for arm in able if (spec := registry.find_arm(arm)).parts}
    chosen = list(dict.fromkeys(arms)) or [arm for arm, spec in apart.items() if {*parts} <= {*_able(spec)}]
    if not chosen:
        what = f"run {', '.join(parts)} by itself in" if apart else "take apart"
        raise Undivided(f"no arm can {what} a step of {workload} in {precision} here; see `twinbench doctor`")
    return chosen


def _able(spec: ArmSpec) -> tuple[Part, ...]:
    """Return the parts that an arm has."""
    return ("input", *spec.parts, "dispatch")


def _check_parts(parts: Sequence[str]) -> None:
    for part in parts:
        if part not in PARTS:
            raise registry.UnknownName("part", part, PARTS)


def measure(request: Request, tell: Callable[[str], None]) -> Breakdown:
    """Measure every part in rounds, in random order in each, from the same parameters every time.

    A part that fails, or takes too long, is left out with its reason, and the others are measured in a fresh process:
    all times of a breakdown are of one.

    Args:
        request: What is asked for, checked.
        tell: Takes what is being measured, as it goes on.

    Raises:
        DatasetUnavailable: If the data cannot be had.
        WorkerFailure: If the arm's process does not even open the workload.
    """
    created, spec, workload = now(), request.spec, registry.find_workload(request.workload)
    with tempfile.TemporaryDirectory(prefix="twinbench-breakdown-") as folder:
        bench = _Bench(request, workload, Path(folder), tell)
        while (clean := bench.rounds()) is None:
            pass
    times = [
        rounds.times(PartTime, clean.get(what, []), request.rounds, bench.lost.get(what), part=what)
        for what in request.timed
    ]
    known = {one.part: one.ms for one in times}
    added = _sum(request, known)
    machine = fingerprint()
    return Breakdown(
        arm=spec.name,
        workload=workload.name,
        precision=request.precision,
        threads=request.threads,
        batch_size=workload.batch_size,
        created=created,
        cpu=machine["cpu"],
        cores=machine["cores_used"],
        versions=registry.versions(spec),
        source_sha256=sources(),
        fused=request.fused,
        epoch_steps=bench.batches,
        parts=times,
        sum_ms=added,
        gap=_gap(known.get("step"), added),
        epoch_gap=_gap(known.get("epoch"), _add(known.get("input"), known.get("step"))),
    )


def wanting(found: Breakdown) -> bool:
    """Return whether a part could not be measured, or others took cores from most of its rounds."""
    return rounds.wanting(found.parts)


@functools.cache
def sources() -> str:
    """Return a hash over all code that can change a breakdown: what measures a run, and this."""
    own = (Path(file).read_bytes() for file in (__file__, rounds.__file__))
    return hashlib.sha256(b"".join([source_sha256().encode(), *own])).hexdigest()


class _Anew(Exception):
    """What was begun has to be begun again, in a fresh process."""


class _Bench:
    """Where an arm's parts are measured.

    Attributes:
        batches: Of an epoch, whole ones all.
        lost: Parts that failed, with the reason.
    """

    def __init__(self, request: Request, workload: Workload, scratch: Path, tell: Callable[[str], None]):
        self.request, self.workload, self.scratch, self.tell = request, workload, scratch, tell
        self.dataset = registry.load_dataset(workload.dataset).first(workload.samples)
        samples = len(matched.examples(self.dataset, workload).x_train)
        self.batches = min(EPOCH_BATCHES, max(1, samples // workload.batch_size))
        self.lost: dict[str, str] = {}

    def rounds(self) -> dict[str, list[float]] | None:
        """Return the milliseconds of every undisturbed round by part; None if it has to begin anew."""
        left = [what for what in self.request.timed if what not in self.lost]
        with self._opened() as worker, contextlib.suppress(_Anew):
            counts: dict[str, int] = {}
            for what in sorted(left, key=lambda what: what != "step"):  # which tells how long an epoch would take
                self.tell(f"warm-up, {what}")
                counts[what] = self._ask(worker, "warm_up", what, block_ms=self.request.block_ms)["steps"]
                if what == "step":
                    self._shorten(worker, counts[what])
            return self._clean(worker, counts)
        return None

    def _clean(self, worker: Worker, counts: Mapping[str, int]) -> dict[str, list[float]]:
        clean: dict[str, list[float]] = {what: [] for what in counts}
        order = random.Random(f"{self.request.arm} {self.request.workload}")
        for number in range(self.request.rounds):
            self.tell(f"round {number + 1} of {self.request.rounds}")
            for what in order.sample(list(counts), len(counts)):
                steps = counts[what] * (self.batches if what in FED else 1)
                ask = functools.partial(self._ask, worker, "block", what, steps=counts[what])
                block, disturbed = rounds.quietly(ask)
                if not disturbed:
                    clean[what].append(block["wall_ns"] / 1e6 / steps)
        return clean

    def _shorten(self, worker: Worker, steps: int) -> None:
        """Begin anew with shorter epochs where they would take too long, by the time of so many steps.

        Raises:
            _Anew: If they would.
        """
        if not any(what in FED for what in self.request.timed):
            return
        block = self._ask(worker, "block", "step", steps=steps)
        fitting = math.ceil(EPOCH_S * 1e9 * steps / block["wall_ns"])
        if fitting < self.batches:
            self.batches = fitting
            raise _Anew

    def _ask(self, worker: Worker, do: str, what: str, **given: Any) -> dict[str, Any]:
        """Return a worker's answer on a part.

        Raises:
            _Anew: If there is none, which is then on record.
        """
        try:
            return worker.ask(do, REQUEST_S, scope=what, **given)
        except WorkerFailure as failure:
            self.tell(f"{what}: {failure}")
            self.lost[what] = str(failure)
            raise _Anew from None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Worker]:
        """Lend a fresh process that has opened the workload, with as many samples as the epochs have."""
        request, workload, spec = self.request, self.workload, self.request.spec
        setup = Setup(request.precision, request.threads)
        with Worker(spec, setup, self.scratch / "worker.log", self.scratch) as worker:
            self.tell("start")
            worker.begin()
            worker.started(START_TIMEOUT_S)
            cut = self.dataset.first(self.batches * workload.batch_size + workload.held_out)
            folder = self.scratch / str(self.batches)  # for what is stored goes by the name of the whole
            folder.mkdir(exist_ok=True)
            worker.open(Cell.of(workload, spec.name, setup), store_dataset(cut, folder), REQUEST_S)
            yield worker


def _sum(request: Request, known: dict[str, float | None]) -> float | None:
    """Return the sum of the parts of a step, if it can be taken apart and all were measured."""
    wanted = [part for part in SUMMED if part in request.spec.parts]
    return None if request.fused else _add(*(known.get(part) for part in wanted))


def _add(*values: float | None) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) if len(present) == len(values) else None


def _gap(whole: float | None, explained: float | None) -> float | None:
    return None if whole is None or explained is None else 1 - explained / whole
