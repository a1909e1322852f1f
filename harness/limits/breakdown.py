"""Where the time of an arm's train step goes: its parts, each measured by itself, beside the whole."""

from __future__ import annotations

import dataclasses
import os
import random
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from harness import matched, registry
from harness.contract import ArmSpec, Cell, Dataset, Part, Precision, Setup, Workload
from harness.measure.environment import fingerprint, source_sha256
from harness.measure.evidence import is_contended
from harness.run.coordinator import store_dataset
from harness.run.process import Worker
from harness.run.sitting import MOST_RERUNS, START_TIMEOUT_S, now
from harness.schema import Breakdown, PartTime

PARTS: tuple[Part, ...] = get_args(Part)

SUMMED: tuple[Part, ...] = ("forward+backward", "optimizer", "bookkeeping")
"""What makes up a step; ``forward`` is in the first of them, and ``dispatch`` in all."""

EPOCH_BATCHES = 64
"""Of an epoch: so many steps are enough to tell what feeds one."""

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
        return ("input", *self.spec.parts, "dispatch")

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
        for part in self.parts:
            if part not in PARTS:
                raise registry.UnknownName("part", part, PARTS)
        if not spec.parts:
            raise Undivided(f"{self.arm} has no parts that can be run by themselves")
        if reason := registry.unsupported(spec, workload, self.precision):
            raise Undivided(f"{self.arm} cannot train {self.workload} here: {reason}")
        if workload.accumulation > 1 or workload.train_step:
            raise Undivided(f"{self.workload} has a train step of its own, whose parts nobody knows")
        if lacking := [part for part in self.parts if part not in self.able]:
            why = "its step is compiled as a whole" if self.fused else "its step has none"
            raise Undivided(
                f"{self.arm} cannot run {', '.join(lacking)} by itself: {why}; it has {', '.join(self.able)}"
            )


def named(arms: Sequence[str], precision: Precision, workload: str) -> list[str]:
    """Return the arms that are asked for, or all that can.

    Raises:
        UnknownName: If there is no such workload.
        Undivided: If there is none.
    """
    able = registry.able(registry.find_workload(workload), precision)
    chosen = list(dict.fromkeys(arms)) or [arm for arm in able if registry.find_arm(arm).parts]
    if not chosen:
        raise Undivided(f"no arm can take a step of {workload} apart in {precision} here; see `twinbench doctor`")
    return chosen


def measure(request: Request, tell: Callable[[str], None]) -> Breakdown:
    """Measure every part in rounds, in random order in each, from the same parameters every time.

    Args:
        request: What is asked for, checked.
        tell: Takes what is being measured, as it goes on.

    Raises:
        DatasetUnavailable: If the data cannot be had.
        WorkerFailure: If the arm's process fails.
    """
    created, spec, workload = now(), request.spec, registry.find_workload(request.workload)
    dataset = _cut(registry.load_dataset(workload.dataset), workload)
    steps = -(-len(matched.examples(dataset, workload).x_train) // workload.batch_size)
    with tempfile.TemporaryDirectory(prefix="twinbench-breakdown-") as folder:
        scratch = Path(folder)
        (scratch / "keras").mkdir()
        setup = Setup(request.precision, request.threads)
        with Worker(spec, setup, scratch / "worker.log", scratch) as worker:
            tell("start")
            worker.begin()
            worker.started(START_TIMEOUT_S)
            stored = store_dataset(dataset, scratch)
            cell = Cell(
                "step", workload.name, spec.name, request.precision, request.threads, workload.batch_size,
                workload.epochs, 0,
            )  # fmt: skip
            given = {"cell": dataclasses.asdict(cell), "dataset": stored.fields, "arrays": str(stored.arrays)}
            worker.ask("open", REQUEST_S, **given)
            per = {what: steps if what in ("input", "epoch") else 1 for what in request.timed}
            times = _rounds(request, worker, per, tell)
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
        source_sha256=source_sha256(),
        fused=request.fused,
        epoch_steps=steps,
        parts=times,
        sum_ms=added,
        gap=_gap(known.get("step"), added),
        epoch_gap=_gap(known.get("epoch"), _add(known.get("input"), known.get("step"))),
    )


def _cut(dataset: Dataset, workload: Workload) -> Dataset:
    """Return the dataset with as many training samples as the epochs of a breakdown have, and those held out."""
    chosen = dataset.first(workload.samples)
    most = EPOCH_BATCHES * workload.batch_size + workload.held_out
    return chosen.first(min(len(chosen.x_train), most))


def _rounds(request: Request, worker: Worker, per: dict[str, int], tell: Callable[[str], None]) -> list[PartTime]:
    """Return the times of all parts.

    Args:
        request: What is asked for.
        worker: With the workload open.
        per: Steps in each thing that is timed.
        tell: Takes what is being measured.
    """
    counts = {}
    for what in per:
        tell(f"warm-up, {what}")
        counts[what] = worker.ask("warm_up", REQUEST_S, block_ms=request.block_ms, scope=what)["steps"]
    clean: dict[str, list[float]] = {what: [] for what in per}
    order = random.Random(f"{request.arm} {request.workload}")
    for number in range(request.rounds):
        tell(f"round {number + 1} of {request.rounds}")
        for what in order.sample(list(per), len(per)):
            for _ in range(MOST_RERUNS + 1):
                block = worker.ask("block", REQUEST_S, steps=counts[what], scope=what)
                if not is_contended(block, os.cpu_count() or 1):
                    clean[what].append(block["wall_ns"] / 1e6 / counts[what] / per[what])
                    break
    return [_time(what, found, request.rounds) for what, found in clean.items()]


def _time(what: str, found: list[float], rounds: int) -> PartTime:
    return PartTime(
        part=what,
        ms=statistics.median(found) if found else None,
        rounds_ms=found,
        disturbed=rounds - len(found),
        reason=None if found else "others took cores from every round",
    )


def _sum(request: Request, known: dict[str, float | None]) -> float | None:
    """Return the sum of the parts of a step, if it can be taken apart and all were measured."""
    wanted = [part for part in SUMMED if part in request.spec.parts]
    return None if request.fused else _add(*(known.get(part) for part in wanted))


def _add(*values: float | None) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) if len(present) == len(values) else None


def _gap(whole: float | None, explained: float | None) -> float | None:
    return None if whole is None or explained is None else 1 - explained / whole
