"""What is stored or read from a user, validated: suites, run manifests and records (pydantic models).

The truth of a run is one JSON record per attempt at a cell. Field names carry their unit; what was not measured
is null and has a reason in ``Record.reasons``, never 0.
"""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from harness.contract import RACED, Cell, Device, ExportForm, Leg, Outcome, Precision, Scope, Track, Workload

SCHEMA_VERSION = 1
"""Of records and run manifests. A newer one is refused, never guessed at."""


class Model(BaseModel):
    """Immutable, and strict about fields it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# ---------------------------------------------------------------------------------------------------- suites


Count = Annotated[int, Field(ge=0, le=10_000)]
"""Of launches, rounds or seeds; more would take years, and be planned for minutes before anyone is told."""

FEWEST = 8
"""Launches that others are added to: what a verdict needs (``harness.stats.MIN_LAUNCHES``)."""

BatchSize = Annotated[int, Field(gt=0, le=65_536)]


class WorkloadChoice(Model):
    """One workload of a suite, with what the suite overrides for it.

    Attributes:
        arms: Those of the suite's arms that run it; null means all.
        batch_size: Samples to a step, of a workload for speed only; one that learns has the batch that it learns with.
    """

    name: str
    batch_size: BatchSize | None = None
    epochs: Annotated[int, Field(gt=0, le=100_000)] | None = None
    precisions: list[Precision] | None = Field(default=None, min_length=1)
    arms: list[str] | None = Field(default=None, min_length=1)

    def sized(self, workload: Workload) -> Workload:
        """Return the workload in the batches that the suite asks for."""
        return dataclasses.replace(workload, batch_size=self.batch_size) if self.batch_size else workload


class Suite(Model):
    """Which cells to run. Read from ``benchmarks/suites/*.yaml`` or a user's own file.

    Attributes:
        name: Of its runs too, which are folders.
        workloads: Each by itself; the variants of ``techniques`` are among them.
        techniques: Families of which all variants, or after narrowing some, are among the workloads.
        baselines: Classical models, fitted with every seed to each dataset of the workloads that they can learn.
        tracks: Each is a run of its own, never compared arm by arm with the other.
        arms: Arms to race; the first one that runs is the reference of every ratio and difference.
        scopes: What is raced: train steps, and forward passes, forward passes one by one or whole epochs too if
            "inference", "latency" or "epoch" is named beside them.
        inference_batches: Sizes of batches that "inference" races beside the workload's own.
        latency_batch: Size of the batches of "latency".
        latency_passes: Forward passes that "latency" times in a launch, in equal parts over its rounds; a few more
            where they do not divide.
        epoch_metrics: Whether the metric is measured after every epoch of a training, for how long the target takes.
        launches: Fresh processes per timing cell; a verdict needs at least 8.
        most_launches: Where a race has no verdict yet, launches are added until it has one, up to so many; null for no
            more than ``launches``.
        rounds: Blocks per arm and launch, in random order within a round.
        seeds: Trainings per accuracy cell; a verdict needs at least 5.
        cold_starts: Launches whose workers start one at a time, for each workload anew, so that cold start, first step
            and memory are those of a fresh process. The other launches go through all workloads.
        threads: Cores per worker; null means all that the process may use.
        device: What all of its networks compute on; classical models compute on the CPU.
        block_ms: Duration that a block is sized for, a quarter longer than asked.
        timeout_s: Longest that one command to a worker may take.
        interleaved: Whether arms take turns block by block. If not, each runs all its blocks at one go, as most
            benchmarks do: it compares the minutes rather than the arms, and `twinbench aa` measures how badly.
    """

    name: str
    title: str
    workloads: list[WorkloadChoice] = Field(min_length=1)
    techniques: list[str] = []
    baselines: list[str] = []
    arms: list[str] = Field(min_length=1)
    precisions: list[Precision] = Field(default=["fp32"], min_length=1)
    scopes: list[Literal["step", "inference", "latency", "epoch"]] = ["step"]
    inference_batches: list[BatchSize] = []
    latency_batch: BatchSize = 1
    latency_passes: Annotated[int, Field(gt=0, le=1_000_000)] = 1000
    epoch_metrics: bool = False
    tracks: list[Track] = Field(default=["matched"], min_length=1)
    launches: Count
    most_launches: Count | None = None
    rounds: Annotated[int, Field(gt=0, le=10_000)] = 8
    seeds: Count
    cold_starts: NonNegativeInt = 1
    threads: PositiveInt | None = None
    device: Device = "cpu"
    block_ms: PositiveFloat = 100.0
    timeout_s: PositiveFloat = 900.0
    interleaved: bool = True

    @field_validator("name")
    @classmethod
    def _of_a_folder(cls, name: str) -> str:
        if not re.fullmatch(r"\w[\w .+-]{0,99}", name):
            raise ValueError(f"{name!r} cannot be part of a folder's name: letters, digits, spaces and ._+- can")
        return name

    @field_validator("scopes")
    @classmethod
    def _with_step(cls, chosen: list[Scope]) -> list[Scope]:
        if "step" not in chosen:
            raise ValueError(
                "step is always raced, and must be named; inference, latency and epoch may stand beside it"
            )
        return chosen

    @field_validator(
        "workloads", "techniques", "baselines", "arms", "precisions", "tracks", "scopes", "inference_batches"
    )
    @classmethod
    def _once(cls, chosen: list[Any]) -> list[Any]:
        names = [choice.name if isinstance(choice, WorkloadChoice) else str(choice) for choice in chosen]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return chosen

    @model_validator(mode="after")
    def _own_arms(self) -> Suite:
        named = [arm for choice in self.workloads for arm in choice.arms or [] if arm not in self.arms]
        if named:
            raise ValueError(f"arms of a workload that the suite has not: {', '.join(dict.fromkeys(named))}")
        return self

    @model_validator(mode="after")
    def _growing(self) -> Suite:
        if self.most_launches is not None and not FEWEST <= self.launches <= self.most_launches:
            raise ValueError(
                f"most_launches {self.most_launches}: launches are added to {FEWEST} at least, what a verdict needs, "
                f"and here they are {self.launches}"
            )
        return self

    @model_validator(mode="after")
    def _passing(self) -> Suite:
        if self.inference_batches and "inference" not in self.scopes:
            raise ValueError("inference_batches are sizes that scope inference races; name it in scopes")
        return self

    @property
    def looks(self) -> tuple[int, ...]:
        """Launches after which races are judged: each time half as many again, up to the most."""
        found = [self.launches]
        while self.most_launches and found[-1] < self.most_launches:
            found.append(min(self.most_launches, found[-1] + math.ceil(found[-1] / 2)))
        return tuple(found)

    def legs(self, batch_size: int) -> tuple[Leg, ...]:
        """Return what is raced of a workload with that batch size, in order."""
        sizes: dict[Scope, list[int | None]] = {
            "inference": [None, *(size for size in sorted(self.inference_batches) if size != batch_size)],
            "latency": [self.latency_batch],
        }
        return tuple(Leg(scope, size) for scope in RACED if scope in self.scopes for size in sizes.get(scope, [None]))

    @property
    def passes(self) -> int:
        """Forward passes that latency times in a round."""
        return -(-self.latency_passes // self.rounds)

    def family(self, workload: str) -> str | None:
        """Return the technique that a workload is a variant of, if the suite asks for that technique."""
        name, stop, _ = workload.partition(".")
        return name if stop and name in self.techniques else None

    @property
    def named(self) -> list[str]:
        """The workloads, those that techniques stand for by the names of these."""
        return list(dict.fromkeys(self.family(choice.name) or choice.name for choice in self.workloads))

    def runners(self, choice: WorkloadChoice) -> list[str]:
        """Return the arms that run a workload, in the order of the suite."""
        return [arm for arm in self.arms if choice.arms is None or arm in choice.arms]


# --------------------------------------------------------------------------------------------------- records


@dataclass(config=ConfigDict(extra="forbid", allow_inf_nan=False), frozen=True, slots=True, kw_only=True)
class Block:
    """A block of train steps ending in one device synchronisation, with the evidence of who else was running.

    Not a ``Model``: a large run has a million of them, each of which would take a kilobyte more.

    Attributes:
        steps: Train steps; forward passes or epochs where the cell's scope is inference, latency or epoch.
        pass_ns: Of scope latency, how long each forward pass took, in order; null otherwise. Pressure, foreign load and
            switches are then of the untimed passes before them too.
        pressure: Share of the block in which some task of the machine waited for a core; null without PSI.
        foreign: Share of all cores used by other processes or stolen by the hypervisor.
        switches: Involuntary context switches of the worker.
        rerun: 0 for the planned round, 1 or 2 when it repeats a contended one.
    """

    round: NonNegativeInt
    rerun: NonNegativeInt = 0
    steps: PositiveInt
    wall_ns: PositiveInt
    cpu_ns: NonNegativeInt
    pressure: float | None
    foreign: float | None
    switches: NonNegativeInt
    contended: bool = False
    pass_ns: list[PositiveInt] | None = Field(default=None, min_length=1)


Quantity = Literal[
    "utilisation_percent",
    "memory_used_bytes",
    "power_mw",
    "energy_mj",
    "sm_clock_mhz",
    "memory_clock_mhz",
    "temperature_c",
    "foreign_processes",
]
"""What a GPU is asked at every sample. Utilisation is the share of time in which it ran any kernel; memory is the
driver's view, with what it keeps for itself; energy is a counter; of processes, those that compute and are not ours."""


Values: TypeAlias = list[int | float | None]

FROM_NVML = "NVML"
"""Where the samples of a device come from; a replay names its trace in place of it."""


class Series(Model):
    """One quantity, point by point of a timeline; null at points where it was not told.

    Attributes:
        mean: Of a point's samples.
        low: The least of them; null, as the next, where in no point they differ, as where each is one sample.
        high: The greatest of them.
    """

    mean: Values
    low: Values | None = None
    high: Values | None = None

    @property
    def lowest(self) -> Values:
        """The least value of every point."""
        return self.mean if self.low is None else self.low

    @property
    def highest(self) -> Values:
        """The greatest value of every point."""
        return self.mean if self.high is None else self.high


class Timeline(Model):
    """What a GPU did during one race of one launch: warm-ups, blocks, and what lies between them.

    Attributes:
        device: Name of the product; null, as the next three, where NVML does not tell.
        memory_bytes: All that it has.
        source: ``FROM_NVML``; or, if a trace was replayed in place of a device, where that is from.
        period_ms: From sample to sample, as it was asked for.
        samples: How many were taken. Many are put together to points; least and greatest values are then kept.
        counts: Samples of each point.
        at_ms: When the first sample of each point was taken, since that of the first.
        series: By quantity, those that were told at least once; energy is counted from its first value.
        clock_reasons: Of each point, why clocks were not higher in any of its samples; null where that was not told.
        reasons: Samples with each of these reasons; null where none told them.
        throttled: Samples in which the device held itself back, for power, heat or reliability; null likewise.
        asked: Samples that told reasons, maybe that there are none.
        untold: For each quantity that was never told, and for ``clock_reasons``, why.
        blocks: By arm, when each of its blocks began and ended, in ms since the first sample, in the order of the
            blocks of its own record. The times are those of the worker.
        lost: Why sampling ended before the race did; null if it did not.
    """

    device: str | None
    uuid: str | None
    driver: str | None
    memory_bytes: PositiveInt | None
    source: str
    period_ms: PositiveFloat
    samples: PositiveInt
    counts: list[PositiveInt] = Field(min_length=1)
    at_ms: list[float]
    series: dict[Quantity, Series]
    clock_reasons: list[list[str] | None]
    reasons: dict[str, PositiveInt] | None
    throttled: NonNegativeInt | None
    asked: NonNegativeInt
    untold: dict[str, str]
    blocks: dict[str, list[tuple[float, float]]]
    lost: str | None

    @model_validator(mode="after")
    def _of_one_length(self) -> Timeline:
        lengths = {len(column) for one in self.series.values() for column in (one.mean, one.lowest, one.highest)}
        if {len(self.at_ms), len(self.clock_reasons), *lengths} != {len(self.counts)}:
            raise ValueError(f"a timeline of {len(self.counts)} points has a column of another length")
        return self


class DevicePeaks(Model):
    """What a process had on its device at most in a phase: see ``harness.contract.DeviceMemory``."""

    live_bytes: NonNegativeInt | None
    pool_bytes: NonNegativeInt | None
    since_start: bool


class Timing(Model):
    """What a timing cell measured in one launch.

    Attributes:
        start_s: Process start until the framework is imported and configured.
        build_s: Building the model, loading initial parameters, staging batches.
        first_step_s: The first train step, tracing and compilation included; null, as the next and the memory, when
            the process had raced another workload before.
        cold_start_s: Process start until the first train step is done; null also when workers started side by side.
        first_loss: Mean loss of the first batch before any update; null, as what tells of the process, where the scope
            is another: the cell of scope step has it.
        warm_up_steps: Steps run before the first block.
        peak_rss_bytes: VmHWM of the worker after its last block; null where the kernel does not tell.
        phases: The same in bytes by phase: import, build, first step, and the scope's own warm-up and blocks under its
            name; another scope than step has its own only. Null in a process that had raced another workload, and in
            records of before it was measured.
        gpu: Of a race on a GPU, what that did; in the record of one of its arms. Null in all others.
        device_memory: On a GPU, the same by phase of what the framework's allocator had there. Null without one.
        driver_bytes: Of the GPU's memory, the most that the driver has counted as this process' during the race,
            with all that a process needs before its first tensor; null without a GPU, and where it does not tell.
    """

    start_s: float
    build_s: float
    first_step_s: float | None
    cold_start_s: float | None
    first_loss: float | None
    warm_up_steps: NonNegativeInt
    blocks: list[Block]
    peak_rss_bytes: PositiveInt | None
    phases: dict[str, PositiveInt] | None = None
    gpu: Timeline | None = None
    device_memory: dict[str, DevicePeaks] | None = None
    driver_bytes: PositiveInt | None = None


class Course(Model):
    """How a training went, epoch by epoch.

    Attributes:
        steps: Steps of the optimizer in an epoch.
        metrics: The workload's metric on the test set, after each epoch.
        seconds: Of each epoch, without the measuring of the metric; not a race.
        joules: What the processors took during each epoch, whoever used them; null where no counter can be read.
    """

    steps: PositiveInt
    metrics: list[float]
    seconds: list[float]
    joules: list[float] | None


class Scaled(Model):
    """What dynamic scaling of the loss came to: see ``harness.contract.LossScale``."""

    scales: list[PositiveFloat]
    steps: NonNegativeInt
    skipped: NonNegativeInt


class Accuracy(Model):
    """What an accuracy cell measured with one seed.

    Attributes:
        epoch_losses: Mean training loss of each epoch.
        metric: The workload's metric on the test set.
        test_loss: The workload's loss on the test set.
        train_s: Seconds inside ``fit``, for information: not a race.
        final_sha256: Hash of all parameters after training.
        order_sha256: Hash of the batch orders that were handed over.
        figures: Those of ``Workload.figures``.
        course: Epoch by epoch, where the suite asks for it.
        loss_scale: In float16; null in other precisions.
    """

    epoch_losses: list[float]
    metric: float
    test_loss: float
    train_s: float
    final_sha256: str
    order_sha256: str
    figures: dict[str, float] = {}
    course: Course | None = None
    loss_scale: Scaled | None = None


class Fit(Model):
    """What a classical model came to with one seed.

    Attributes:
        measure: What the metric is.
        metric: On the test set.
        train_s: Seconds inside ``fit``: the first of its process, from cold. For information: not a race.
        predict_s: Seconds for predicting the whole test set, once.
        pressure: As of a block, of the time inside ``fit``.
        foreign: Likewise.
        contended: Others took cores from ``fit``, as from a block.
    """

    measure: Literal["accuracy", "r2"]
    metric: float
    train_s: float
    predict_s: float
    pressure: float | None
    foreign: float | None
    contended: bool


class Record(Model):
    """Everything known of one attempt at one cell. Written once, never edited.

    Attributes:
        key: Hash of all that could change the result: cell, versions, source code, data.
        reason: Why the outcome is not ok; null when it is.
        reasons: For each figure that is null, why.
        started: When its sitting began: UTC, ISO 8601; equal for records that were measured together.
        settings: Read back from the framework.
        frameworks: Deep-learning frameworks found loaded in the worker at the end.
        initial_sha256: Hash of the parameters after loading; equal across the arms of a matched cell.
        log: Path of the worker's output, relative to the run folder.
    """

    schema_version: Literal[1] = 1
    key: str
    cell: Cell
    attempt: PositiveInt = 1
    outcome: Outcome
    reason: str | None = None
    reasons: dict[str, str] = {}
    started: str
    seconds: float
    dataset_sha256: str | None = None
    parameters: NonNegativeInt | None = None
    initial_sha256: str | None = None
    settings: dict[str, Any] = {}
    frameworks: list[str] = []
    timing: Timing | None = None
    accuracy: Accuracy | None = None
    fit: Fit | None = None
    log: str | None = None


class ArmStatus(Model):
    """Whether an arm can run on this machine."""

    name: str
    supported: bool
    reason: str | None
    versions: dict[str, str]
    witness: bool


class Proof(Model):
    """That an arm's half of a workload has passed a gate of parity, against the reference's half.

    Attributes:
        figure: Relative error, or a count of what is wrong; null where the gate only compares hashes.
    """

    workload: str
    arm: str
    gate: str
    figure: float | None


class Share(Model):
    """A share of races, with its 95 % interval over launches; null where so few launches tell none."""

    estimate: float
    low: float | None
    high: float | None


class Planted(Model):
    """What races say of an arm that was made slower by a known share.

    Attributes:
        slow_down: 0.05 for 5 %.
        slower: Races that call it SLOWER, of those that are judged at all.
        faster: Races that call it FASTER, which is wrong.
    """

    slow_down: float
    slower: Share | None
    faster: Share | None


class Spread(Model):
    """Where the spread of a race comes from; standard deviations of log-ratios.

    Attributes:
        launch: What a launch keeps for as long as its processes live.
        round: What differs from round to round.
        mean_ratio: Geometric, over all rounds; it should be 1.
        launch_s: Seconds that a launch takes beside its rounds.
        round_s: Seconds that a round takes.
        best_rounds: Rounds to a launch that give the narrowest interval per minute; null if launches keep nothing of
            their own, so that the more rounds the better.
        launches_wanted: Launches of so many rounds (of those measured, where it is null) for an interval of ±2 %;
            null if thousands would not do.
    """

    launch: float
    round: float
    mean_ratio: float
    launch_s: float
    round_s: float
    best_rounds: int | None
    launches_wanted: int | None


class OneLaunch(Model):
    """What the usual rule says of twins: two processes, a t test over their samples.

    Attributes:
        alarms: Launches in which the 95 % interval of the ratio excludes 1.
        spread: Standard deviation of the log-ratios over launches.
        worst: The ratio farthest from 1.
    """

    launches: int
    alarms: int
    spread: float
    worst: float


class Certificate(Model):
    """How far races of an arm on this machine may be trusted: what they said of the arm beside itself.

    Attributes:
        load: Artificial neighbours that ran beside it.
        created: When its last launch began: UTC, ISO 8601.
        disturbed: Share of rounds in which others took cores.
        verdicts: Share of the races that ended in each verdict.
        false_alarms: Races, of those that are judged, that call the arm FASTER or SLOWER than itself.
        covered: Races, of those with an interval, whose interval holds 1.
        half_width: Median half-width of the intervals of the ratio.
        one_launch: What the usual rule says, by protocol.
    """

    schema_version: Literal[1] = 1
    arm: str
    workload: str
    precision: Precision
    threads: int
    load: NonNegativeInt
    created: str
    cpu: str | None
    cores: int
    versions: dict[str, str]
    source_sha256: str
    launches: int
    rounds: int
    disturbed: float
    verdicts: dict[str, float]
    false_alarms: Share | None
    covered: Share | None
    half_width: float | None
    planted: list[Planted]
    spread: Spread | None
    one_launch: dict[str, OneLaunch]


class Ceiling(Model):
    """The most that one framework got out of a device in one respect; null with the reason where nothing was measured.

    Attributes:
        kind: What was measured. ``product``: a product of two square matrices, in FLOP/s. ``memory``: one array added
            to another in place, in bytes read and written a second. ``call``: what one call costs that computes next to
            nothing, in seconds. ``transfer``: from host to device, in bytes a second.
        dtype: Of the matrices; null for the other kinds.
        best: Of all samples.
        median: Of the samples at the same size.
        size: Rows of a matrix, bytes of an array; null for a call.
        samples: At that size.
        disturbed: Others took cores from every try: ``best`` may be too low, of a call too high.
    """

    arm: str
    kind: Literal["product", "memory", "call", "transfer"]
    dtype: Literal["float64", "float32", "tf32", "bfloat16", "float16"] | None = None
    best: PositiveFloat | None = None
    median: PositiveFloat | None = None
    size: PositiveInt | None = None
    samples: NonNegativeInt = 0
    disturbed: bool = False
    reason: str | None = None


class Ceilings(Model):
    """What a device can do at most, through each framework: what ``twinbench doctor --ceilings`` measured.

    Attributes:
        created: When it was begun: UTC, ISO 8601.
        since: When the first of them was begun, if they are of several measurements, of which ``created`` is the last.
        versions: Of every arm's distributions, by arm.
        last_cache: Bytes of all caches of the last level that may be used; null where the kernel does not tell.
        gpu: Name of the GPU that it is all of; null if it is of the CPU, as are the last caches.
    """

    schema_version: Literal[1] = 1
    created: str
    since: str | None = None
    cpu: str | None
    cores: int
    threads: int
    versions: dict[str, dict[str, str]]
    last_cache: PositiveInt | None
    gpu: str | None = None
    found: list[Ceiling]


class RoundTimes(Model):
    """How long something takes.

    Attributes:
        ms: Median over undisturbed rounds; null with the reason if there is none.
        rounds_ms: Of each such round.
        disturbed: Rounds left out, because others took cores from every try.
    """

    ms: PositiveFloat | None
    rounds_ms: list[PositiveFloat]
    disturbed: NonNegativeInt
    reason: str | None = None


class ScalePoint(RoundTimes):
    """How long a train step takes at one value of what is varied."""

    value: PositiveInt


class Bend(Model):
    """Where the exponent changes most: ``before`` up to a value, ``after`` from it on, each between neighbours."""

    value: PositiveInt
    before: float
    after: float


class ScaleLine(Model):
    """How one arm scales.

    Attributes:
        exponent: b of time ∝ valueᵇ, fitted to all points; null with fewer than two.
        low: Of its 95 % interval, with ``high``; null with fewer than three.
        bend: Null where the exponent stays as it is.
    """

    arm: str
    versions: dict[str, str]
    points: list[ScalePoint]
    exponent: float | None
    low: float | None
    high: float | None
    bend: Bend | None


class Scaling(Model):
    """How the time of a train step grows with something: ``twinbench scale``.

    Attributes:
        over: ``threads``, ``batch`` or an argument of the architecture.
        threads: Of each process; null where they are what varies, as the batch size.
        created: When it was begun: UTC, ISO 8601.
        gpu: Name of the GPU that it is of; null if it is of the CPU.
    """

    schema_version: Literal[1] = 1
    workload: str
    over: str
    precision: Precision
    threads: PositiveInt | None
    batch_size: PositiveInt | None
    created: str
    cpu: str | None
    cores: int
    gpu: str | None
    lines: list[ScaleLine]


class OperationCount(Model):
    """How often an operation of a train step gives numbers of a type; names are the framework's own."""

    name: str
    dtype: str
    count: PositiveInt


class StepOperations(Model):
    """What a train step of an arm is made of: ``twinbench dtypes``."""

    schema_version: Literal[1] = 1
    workload: str
    arm: str
    precision: Precision
    versions: dict[str, str]
    counts: list[OperationCount]


class BatchMemory(Model):
    """The memory that train steps on batches of one size take, at its peak.

    Attributes:
        fits: Whether it stayed within the limit.
        host_bytes: Resident in the process, its framework and the data set included; null where nobody told, as of one
            that memory ran out of.
        live_bytes: Of arrays on the device, null on a CPU, as the pool that the framework keeps for them.
        reason: Why it could not be tried, if that is not memory.
    """

    batch: PositiveInt
    fits: bool
    host_bytes: NonNegativeInt | None = None
    live_bytes: NonNegativeInt | None = None
    pool_bytes: NonNegativeInt | None = None
    reason: str | None = None

    @property
    def peak_bytes(self) -> int | None:
        """What counts: of the pool on a GPU, or of what lives there where no pool is told; else of the process."""
        return next((told for told in (self.pool_bytes, self.live_bytes, self.host_bytes) if told is not None), None)


class MemoryLine(Model):
    """What one arm takes of a workload in one precision.

    Attributes:
        samples: That there are to train on: no batch is larger.
        points: What was tried, by batch size.
        largest: The largest batch that fits, to 5 %, or at least that if a try failed for another reason than memory;
            null if none does.
        sample_bytes: What a further sample takes, between the smallest and the largest batch that fit.
    """

    workload: str
    arm: str
    precision: Precision
    samples: PositiveInt
    versions: dict[str, str]
    points: list[BatchMemory]
    largest: PositiveInt | None
    sample_bytes: float | None


class MemorySweep(Model):
    """What memory a train step takes by batch size: ``twinbench memory``.

    Attributes:
        workload: What was asked of: a workload, or a technique for all its variants.
        limit_bytes: See ``harness.limits.batches.Request``.
        threads: Of each process.
        created: When it was begun: UTC, ISO 8601.
        gpu: Name of the GPU that it is of; null if it is of the CPU.
    """

    schema_version: Literal[2] = 2
    workload: str
    limit_bytes: PositiveInt | None
    threads: PositiveInt
    created: str
    cpu: str | None
    cores: int
    gpu: str | None
    lines: list[MemoryLine]


class PartTime(RoundTimes):
    """How long a part of a train step takes by itself.

    Attributes:
        part: A ``Part``; ``step`` for the whole over staged batches, ``epoch`` for that of an epoch, with what feeds
            it. Of these, and of ``input``, the time is that of one step.
    """

    part: str


class Breakdown(Model):
    """Where the time of an arm's train step goes: ``twinbench breakdown``. Each part is measured by itself.

    Attributes:
        created: When it was begun: UTC, ISO 8601.
        fused: The step is compiled as a whole: parts are what goes up to some point of it, and nothing adds up.
        source_sha256: Of all code that can change it (``harness.limits.breakdown.sources``).
        epoch_steps: Steps of the epochs that ``input`` and ``epoch`` are of.
        sum_ms: Of the parts that make up a step; null if one of them is unknown, or the step is fused.
        gap: Of the whole step the share that the sum leaves unexplained, negative if it explains too much.
        epoch_gap: Of a step of an epoch the share that ``input`` and ``step`` together leave unexplained.
    """

    schema_version: Literal[1] = 1
    arm: str
    workload: str
    precision: Precision
    threads: int
    batch_size: int
    created: str
    cpu: str | None
    cores: int
    versions: dict[str, str]
    source_sha256: str
    fused: bool
    epoch_steps: PositiveInt
    parts: list[PartTime]
    sum_ms: float | None
    gap: float | None
    epoch_gap: float | None


class ExportTrial(Model):
    """What became of a model in one form.

    Attributes:
        outcome: ``ok``: another runtime gave the arm's outputs. ``wrong``: it gave others. ``failed``: writing or
            running it did. ``unsupported``: it was not tried, for want of what the reason names.
        reason: Why it is not ok, or why the batch is fixed; null if neither is so.
        error: Largest difference to the arm's outputs, relative to their RMS; null if nothing came out that could be
            compared.
        bytes: Of the file, or of all in the folder.
        seconds: Of writing it.
        free_batch: Whether a batch of another size runs, and is right; null if none does.
    """

    form: ExportForm
    outcome: Literal["ok", "wrong", "failed", "unsupported"]
    reason: str | None = None
    error: NonNegativeFloat | None = None
    bytes: PositiveInt | None = None
    seconds: PositiveFloat | None = None
    free_batch: bool | None = None


class Exports(Model):
    """What became of an arm's model of a workload in every form that its framework offers: ``twinbench exports``.

    Attributes:
        created: When it was begun: UTC, ISO 8601.
        versions: Of the arm's distributions.
        packages: Further modules that the forms need, with the versions of their distributions as far as installed.
        steps: Of training before it was exported.
        samples: Of the batches that it was checked on, the second of which is of another size.
        bound: Error beyond which an export is wrong.
    """

    schema_version: Literal[1] = 1
    arm: str
    workload: str
    created: str
    cpu: str | None
    cores: int
    versions: dict[str, str]
    packages: dict[str, str]
    steps: PositiveInt
    samples: tuple[PositiveInt, PositiveInt]
    bound: PositiveFloat
    trials: list[ExportTrial]


class Manifest(Model):
    """``run.json``: what was asked, where and when; written before the first measurement.

    Attributes:
        proofs: What was proven of the halves before the run; null if it was begun without asking for proof.
        certificates: The last that `twinbench aa` had made of the suite's arms on this machine when the run began.
        ceilings: What this machine can do at most with so many threads, if it was on file then.
        breakdowns: Where the time of its arms' steps goes on this machine, as far as that was on file then.
    """

    schema_version: Annotated[int, Field(ge=1)] = SCHEMA_VERSION
    run: str
    created: str
    command: list[str]
    suite: Suite
    arms: list[ArmStatus]
    environment: dict[str, Any]
    proofs: list[Proof] | None = None
    certificates: list[Certificate] = []
    ceilings: Ceilings | None = None
    breakdowns: list[Breakdown] = []
