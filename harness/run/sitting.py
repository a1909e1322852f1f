"""One sitting: the arms' processes take turns in a race, then each trains by itself. Yields a record per cell."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import math
import os
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.contract import Cell, Leg, Outcome
from harness.matrix import TRAINING, Sitting
from harness.measure.evidence import is_contended
from harness.measure.timeline import timeline
from harness.registry import FRAMEWORKS
from harness.run.crew import Crew, Member
from harness.run.process import Worker, WorkerFailure
from harness.schema import Accuracy, Block, Record, Suite, Timeline, Timing

if TYPE_CHECKING:
    from harness.measure.gpu import Sampler

MOST_RERUNS = 2

WARM_UP, TRAIN = "warm-up", "train"
UNHURRIED = (WARM_UP, TRAIN)
"""How steps end before which a moment more does no harm: what follows is not raced, or only after a warm-up."""

USED = "the process had raced another workload before"

BLOCK_TIMEOUT_S = 120.0
START_TIMEOUT_S = 180.0


@dataclasses.dataclass(frozen=True)
class StoredDataset:
    """A dataset on disk, for workers: its description without the arrays, and their file."""

    fields: dict[str, Any]
    arrays: Path
    sha256: str


@dataclasses.dataclass(frozen=True)
class Job:
    """A cell to be measured, under its key, for the nth time."""

    cell: Cell
    key: str
    attempt: int


@dataclasses.dataclass
class Contestant:
    """One arm in a sitting: its process, and what is known of it so far.

    Attributes:
        fresh: This is the first sitting of its process.
        warm: What the warm-up of the race under way told.
        blocks: Of the race under way.
        spans: When each of them began and ended, by the worker's clock, which is that of all processes.
    """

    member: Member
    jobs: Mapping[Leg, Job]
    fresh: bool
    start_s: float = 0.0
    opened: dict[str, Any] = dataclasses.field(default_factory=dict)
    warm: dict[str, Any] = dataclasses.field(default_factory=dict)
    blocks: list[Block] = dataclasses.field(default_factory=list)
    spans: list[tuple[int, int]] = dataclasses.field(default_factory=list)

    @property
    def worker(self) -> Worker:
        """The process, to be asked."""
        return self.member.worker


@dataclasses.dataclass
class Kept:
    """What a GPU did during a race, which the first record that there is of it carries.

    Attributes:
        timeline: What it did; null if nothing is known, or nothing was asked.
        lost: Why there is none, if there should be one.
        carrier: The arm whose record has it.
        held: By process, the most bytes of its memory that the driver counted.
    """

    timeline: Timeline | None = None
    lost: str | None = None
    carrier: str | None = None
    held: Mapping[int, int] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, sampler: Sampler, spans: Mapping[str, list[tuple[int, int]]]) -> Kept:
        """Take what a sampler has after a race, with the blocks of the arms that came through it."""
        kept = timeline(sampler, spans)
        lost = None if kept else sampler.lost or "the race was over before the first sample"
        return cls(kept, lost, held=sampler.gpu.held if sampler.gpu else {})

    def take(self, arm: str) -> tuple[Timeline | None, str | None]:
        """Return the timeline for an arm's record, or why it has none; neither where there is nothing to be had."""
        if self.timeline is None:
            return None, self.lost
        self.carrier = self.carrier or arm
        return (self.timeline, None) if self.carrier == arm else (None, f"it is in the record of {self.carrier}")


class Table:
    """Runs a sitting. ``step`` is told what happens, for a progress display.

    ``sampler`` makes what samples the GPU during a race, from the numbers of the processes that are meant to be on it;
    it is None where all is computed on the CPU.
    """

    def __init__(
        self,
        sitting: Sitting,
        suite: Suite,
        dataset: StoredDataset,
        crew: Crew,
        step: Callable[[str], None],
        sampler: Callable[[frozenset[int]], Sampler] | None = None,
    ):
        self.sitting = sitting
        self.suite = suite
        self.dataset = dataset
        self.crew = crew
        self.step = step
        self.sampler = sampler
        self.contestants: dict[str, Contestant] = {}
        self.owed: dict[str, Mapping[Leg, Job]] = {}  # by arms whose process was lost in the race
        self.began = time.monotonic()
        self.started = now()

    def run(self, jobs: Mapping[str, Mapping[Leg, Job]]) -> Generator[Record, None, None]:
        """Measure the jobs, given by arm and leg, and yield a record for each as soon as it is known."""
        if not self.crew.launch.alone:  # their imports overlap; first steps are taken one by one
            for arm, todo in jobs.items():
                self._invite(arm, todo)
            for arm in jobs:
                self.step(f"{arm}: import")
                self.contestants[arm].member.settle(self._start_s)
        for arm, todo in jobs.items():
            self.step(f"{arm}: start")
            yield from self._seat(arm, todo)
        for leg in self.sitting.legs:
            rivals = [arm for arm, seat in self.contestants.items() if leg in seat.jobs]
            if rivals:
                yield from self._race(leg, rivals)
            owed, self.owed = self.owed, {}
            for arm, todo in owed.items():
                self.step(f"{arm}: start again")
                yield from self._seat(arm, todo)
        for arm, seat in list(self.contestants.items()):
            if TRAINING in seat.jobs:
                self.step(f"{arm}: {TRAIN}")
                yield from self._guard(arm, self._train)

    # ------------------------------------------------------------------------------------------------ phases

    def _invite(self, arm: str, jobs: Mapping[Leg, Job]) -> None:
        member = self.crew.member(arm)
        self.contestants[arm] = Contestant(member, jobs, fresh=member.sittings == 0)
        member.sittings += 1

    def _seat(self, arm: str, jobs: Mapping[Leg, Job]) -> Iterator[Record]:
        """Bring an arm to its first step, in a second process if the first one crashes on the way."""
        if arm not in self.contestants:
            self._invite(arm, jobs)
        failed = list(self._guard(arm, self._open))
        if not any(record.outcome is Outcome.CRASHED for record in failed):
            yield from failed
            return
        # Seated before the first crash is recorded, so that an interruption leaves the second chance open.
        again = {leg: dataclasses.replace(job, attempt=job.attempt + 1) for leg, job in jobs.items()}
        self._invite(arm, again)
        yield from failed
        yield from self._guard(arm, self._open)

    def _open(self, arm: str) -> Iterator[Record]:
        seat = self.contestants[arm]
        seat.start_s = seat.member.started(self._start_s)
        cell = next(iter(seat.jobs.values())).cell
        whole = dataclasses.replace(cell, batch_size=self.sitting.workload.batch_size)
        opened = seat.worker.open(whole, self.dataset, self.suite.timeout_s)
        settings = {**dict(opened["settings"]), "huge_pages": opened["huge_pages"]}
        seat.opened = opened | {"settings": settings}
        yield from self._expect_finite(arm, "first step", seat.opened["first_loss"])

    def _race(self, leg: Leg, rivals: list[str]) -> Iterator[Record]:
        """Rounds in which every rival runs one block, in random order; contended rounds again, at most twice."""
        own = frozenset(seat.worker.process.pid for seat in self.contestants.values())
        with self.sampler(own) if self.sampler else contextlib.nullcontext() as sampler:
            yield from self._rounds(leg, rivals)
        spans = {arm: self.contestants[arm].spans for arm in self._seated(rivals)}
        gpu = Kept.of(sampler, spans) if sampler else Kept()
        for arm in self._seated(rivals):
            yield from self._guard(arm, functools.partial(self._finish, leg=leg, gpu=gpu), costs=leg)

    def _rounds(self, leg: Leg, rivals: list[str]) -> Iterator[Record]:
        what = "" if leg.scope == "step" else f"{leg.name}, "
        for arm in rivals:
            self.step(f"{arm}: {what}{WARM_UP}")
            yield from self._guard(arm, functools.partial(self._warm_up, leg=leg), costs=leg)
        # Chosen by the sitting, so that a repeated launch has the same order.
        order = random.Random(self.sitting.name)
        todo = list(range(self.suite.rounds))
        for rerun in range(MOST_RERUNS + 1):
            for number, arm in self._turns(todo, rivals, order):
                self.step(f"{what}round {number + 1} of {self.suite.rounds}" + (f", rerun {rerun}" if rerun else ""))
                block = functools.partial(self._block, leg=leg, number=number, rerun=rerun)
                yield from self._guard(arm, block, costs=leg)
            todo = self._contended_rounds(rerun)

    def _turns(self, rounds: list[int], rivals: list[str], order: random.Random) -> Iterator[tuple[int, str]]:
        """Yield which arm runs its block of which round next."""
        if self.suite.interleaved:
            for number in rounds:
                for arm in order.sample(seated := self._seated(rivals), len(seated)):
                    yield number, arm
        else:
            for arm in order.sample(seated := self._seated(rivals), len(seated)):
                yield from ((number, arm) for number in rounds)

    def _warm_up(self, arm: str, leg: Leg) -> Iterator[Record]:
        seat = self.contestants[arm]
        seat.blocks, seat.spans = [], []
        what = dataclasses.asdict(leg)
        seat.warm = seat.worker.ask("warm_up", self.suite.timeout_s, block_ms=self.suite.block_ms, **what)
        return iter(())

    def _block(self, arm: str, leg: Leg, number: int, rerun: int) -> Iterator[Record]:
        seat = self.contestants[arm]
        steps = seat.warm["steps"]
        if leg.scope == "latency":
            measured = seat.worker.ask(
                "passes", self.suite.timeout_s, count=self.suite.passes, untimed=steps, batch_size=leg.batch_size
            )
        else:
            patience_s = self.suite.timeout_s if leg.scope == "epoch" else self._short_s
            measured = seat.worker.ask("block", patience_s, steps=steps, **dataclasses.asdict(leg))
        told, began_ns = measured.pop("told"), measured.pop("began_ns")
        block = Block(round=number, rerun=rerun, contended=is_contended(measured, os.cpu_count() or 1), **measured)
        seat.blocks.append(block)
        seat.spans.append((began_ns, began_ns + block.wall_ns))
        what = "output" if leg.scope in ("inference", "latency") else "loss"
        yield from self._expect_finite(arm, f"round {number + 1}", told, what)

    def _contended_rounds(self, rerun: int) -> list[int]:
        """Rounds whose last run was contended for any arm, and which therefore compare nothing."""
        return sorted(
            {
                block.round
                for seat in self.contestants.values()
                for block in seat.blocks
                if block.rerun == rerun and block.contended
            }
        )

    def _finish(self, arm: str, leg: Leg, gpu: Kept) -> Iterator[Record]:
        seat = self.contestants[arm]
        told = self._state(seat, leg)
        reasons = self._unmeasured(seat, leg)
        seen, unseen = gpu.take(arm)
        phases, on_device = (
            told[kind] if leg.scope == "step" else {leg.name: told[kind].get(leg.name)}
            for kind in ("phases", "device_memory")
        )
        measured = {
            "phases": phases if all(phases.values()) else {},
            "device_memory": on_device if any(on_device.values()) else None,
            "first_step_s": seat.opened["first_step_s"],
            "cold_start_s": seat.opened["cold_start_s"],
            "peak_rss_bytes": told["peak_rss_bytes"],
            "first_loss": seat.opened["first_loss"],
        }
        timing = Timing(
            start_s=seat.start_s,
            build_s=seat.opened["build_s"],
            warm_up_steps=seat.warm["warm_up_steps"],
            blocks=seat.blocks,
            gpu=seen,
            driver_bytes=gpu.held.get(seat.worker.process.pid) or None,
            **{name: None if name in reasons else figure for name, figure in measured.items()},
        )
        yield self._record(
            seat,
            leg,
            Outcome.OK,
            timing=timing,
            frameworks=told["frameworks"],
            initial_sha256=told["initial_sha256"],
            reasons=reasons | ({"gpu": unseen} if unseen else {}),
        )
        seat.jobs = {other: job for other, job in seat.jobs.items() if other != leg}

    def _unmeasured(self, seat: Contestant, leg: Leg) -> dict[str, str]:
        """Return what a process tells nothing of, with the reason, after all that happened to it."""
        if leg.scope != "step":
            elsewhere = "the process had taken train steps, whose record has it"
            reasons = dict.fromkeys(("first_step_s", "cold_start_s", "peak_rss_bytes", "first_loss"), elsewhere)
            return reasons if seat.fresh else {**reasons, **dict.fromkeys(self._of_phases, USED)}
        reasons = {} if self.crew.launch.alone else {"cold_start_s": "workers of this launch started side by side"}
        if not seat.fresh:
            reasons |= dict.fromkeys(("first_step_s", "cold_start_s", "peak_rss_bytes", *self._of_phases), USED)
        return reasons

    @property
    def _of_phases(self) -> tuple[str, ...]:
        return ("phases", "device_memory") if self.sitting.device == "gpu" else ("phases",)

    def _train(self, arm: str) -> Iterator[Record]:
        seat = self.contestants[arm]
        seed = seat.jobs[TRAINING].cell.seed
        watched = self.suite.epoch_metrics
        told = seat.worker.ask("train", self.suite.timeout_s, seed=seed, epochs=self.sitting.epochs, watched=watched)
        ended = self._state(seat, TRAINING)
        figures = {name: told[name] for name in Accuracy.model_fields}
        trained, stopping = len(figures["epoch_losses"]), self.sitting.workload.stopping
        if trained != self.sitting.epochs and not (stopping and 0 < trained < self.sitting.epochs):
            raise ValueError(f"losses of {trained} epochs, not of {self.sitting.epochs}")
        seen = figures["course"] or {"metrics": []}
        if figures["course"] and len(seen["metrics"]) != trained:
            raise ValueError(f"metrics of {len(seen['metrics'])} epochs, not of {trained}")
        numbers = [*figures["epoch_losses"], *seen["metrics"], figures["metric"], figures["test_loss"]]
        wrong = [number for number in numbers if not math.isfinite(number)]
        yield self._record(
            seat,
            TRAINING,
            Outcome.DIVERGED if wrong else Outcome.OK,
            reason=f"a loss or metric became {wrong[0]}" if wrong else None,
            accuracy=None if wrong else Accuracy(**figures),
            reasons=told["reasons"],
            frameworks=ended["frameworks"],
            initial_sha256=told["initial_sha256"],
        )
        seat.jobs = {}

    def _state(self, seat: Contestant, leg: Leg) -> dict[str, Any]:
        told = seat.worker.ask("finish", self._short_s, frameworks=sorted(FRAMEWORKS), phase=leg.name)
        if told["dataset_sha256"] != self.dataset.sha256:
            raise WorkerFailure(Outcome.INVALID_RESULT, "the worker holds other data than it was given")
        return told

    @property
    def _start_s(self) -> float:
        return min(START_TIMEOUT_S, self.suite.timeout_s)

    @property
    def _short_s(self) -> float:
        return min(BLOCK_TIMEOUT_S, self.suite.timeout_s)

    # ----------------------------------------------------------------------------------------------- records

    def _guard(self, arm: str, phase: Callable[[str], Iterator[Record]], costs: Leg | None = None) -> Iterator[Record]:
        """Run a phase; if the worker fails in it, record what that cost and show it out.

        The cost is the cell of leg ``costs``, and the arm then gets a fresh process for the others; or all cells.
        """
        seat = self.contestants.get(arm)
        if seat is None:
            return
        try:
            yield from phase(arm)
        except WorkerFailure as failure:
            outcome, reason = failure.outcome, str(failure)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:  # an answer not of the protocol's form
            outcome, reason = Outcome.INVALID_RESULT, f"unusable answer: {type(error).__name__}: {error}"
        else:
            return
        del self.contestants[arm]
        self.crew.dismiss(arm)
        lost = [costs] if costs else list(seat.jobs)
        if rest := {leg: job for leg, job in seat.jobs.items() if leg not in lost}:
            self.owed[arm] = rest
        for leg in lost:
            yield self._record(seat, leg, outcome, reason=reason)

    def _expect_finite(self, arm: str, where: str, told: float, what: str = "loss") -> Iterator[Record]:
        if not math.isfinite(told):
            raise WorkerFailure(Outcome.DIVERGED, f"{where}: the {what} became {told}")
        return iter(())

    def _seated(self, rivals: list[str]) -> list[str]:
        return [arm for arm in rivals if arm in self.contestants]

    def interrupted(self) -> Iterator[Record]:
        """Yield a record for every cell under way when the user ended the run."""
        for seat in self.contestants.values():
            for leg in seat.jobs:
                yield self._record(seat, leg, Outcome.INTERRUPTED, reason="the run was interrupted")

    def _record(self, seat: Contestant, leg: Leg, outcome: Outcome, **known: Any) -> Record:
        job = seat.jobs[leg]
        return Record(
            key=job.key,
            cell=job.cell,
            attempt=job.attempt,
            outcome=outcome,
            started=self.started,
            seconds=time.monotonic() - self.began,
            dataset_sha256=self.dataset.sha256,
            parameters=seat.opened.get("parameters"),
            settings=seat.opened.get("settings", {}),
            log=str(seat.worker.log.relative_to(self.crew.folder)),
            **known,
        )


def now() -> str:
    """Return the time in UTC, ISO 8601, to the microsecond."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
