"""All arms on one workload at one precision and in one track."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.contract import Leg, Precision, Scope, Track, Workload
from harness.report.evidence import Evidence
from harness.report.health import Health, health
from harness.report.race import Contention, Sitting, contention
from harness.report.row import Row, build_row
from harness.report.scopes import WORDS, Words
from harness.schema import ArmStatus, Manifest, Record, Timing, WorkloadChoice


@dataclass(frozen=True)
class FurtherRace:
    """What all arms raced beside train steps on one workload at one precision: forward passes, or epochs.

    Attributes:
        leg: Which.
        rows: Of which only the figures of time are filled in.
        evidence: What each of the rows' arms left behind.
    """

    leg: Leg
    reference: str | None
    rows: tuple[Row, ...]
    evidence: Mapping[str, Evidence]
    contention: Contention

    @property
    def scope(self) -> Scope:
        """Of the leg."""
        return self.leg.scope

    @property
    def words(self) -> Words:
        """How its scope is spoken of."""
        return WORDS[self.scope]

    @property
    def label(self) -> str:
        """What it is called beside the race of train steps; unique within a comparison."""
        return f"{self.words.label}{self._size}"

    @property
    def unit(self) -> str:
        """What a block of it has many of; unique within a comparison."""
        return f"{self.words.unit}{self._size}"

    @property
    def _size(self) -> str:
        return "" if self.leg.batch_size is None else f", batch {self.leg.batch_size}"


@dataclass(frozen=True)
class Comparison:
    """All arms on one workload at one precision and in one track.

    Attributes:
        evidence: What each of the rows' arms left behind.
        epochs: Passes over the training set in this run.
        reference: The arm that ratios and differences refer to; null when none has a result.
        displaced: Why the first arm of the suite is not the reference; null when it is.
        further: What the suite races beside train steps.
        missing: Cells that were asked of supported, raced arms and have no record.
        proof: For each gate of parity that all arms had passed before the race, the worst figure of any of them; null
            for a race without proof.
    """

    workload: Workload
    precision: Precision
    track: Track
    epochs: int
    seeds: int
    launches: int
    reference: str | None
    displaced: str | None
    rows: tuple[Row, ...]
    evidence: Mapping[str, Evidence]
    health: Health
    contention: Contention
    further: tuple[FurtherRace, ...]
    missing: int
    proof: Mapping[str, float] | None

    @property
    def name(self) -> str:
        """Unique within a run."""
        stock = "" if self.track == "matched" else f" · {self.track}"
        return f"{self.workload.name} · {self.precision}{stock}"

    @property
    def races(self) -> list[tuple[str, Contention]]:
        """What was raced, under a name unique within a run, and what disturbed it."""
        beside = ((f"{self.name} · {race.label}", race.contention) for race in self.further)
        return [(self.name, self.contention), *beside]

    @property
    def timed(self) -> list[tuple[Row, ...]]:
        """The rows of each race, in the same order."""
        return [self.rows, *(race.rows for race in self.further)]

    def race(self, scope: Scope) -> FurtherRace | None:
        """Return what was raced of a scope beside train steps, at the workload's own batch size if at several."""
        found = sorted(
            (race for race in self.further if race.scope == scope), key=lambda race: race.leg.batch_size or 0
        )
        return found[0] if found else None

    @property
    def phases(self) -> dict[str, dict[str, float]]:
        """Peaks of memory in MiB by arm and phase, of the arms that told them, in the order of a process' life."""
        told: dict[str, dict[str, float]] = {row.arm: dict(row.phases) for row in self.rows if row.phases}
        for race in self.further:
            for row in race.rows:
                if row.phases:
                    told.setdefault(row.arm, {}).update(row.phases)
        return told

    @property
    def budget_cut(self) -> bool:
        """Whether the run trains for fewer epochs than the workload's target supposes."""
        return self.epochs < self.workload.epochs


def same_arms(one: Comparison, other: Comparison) -> Iterator[tuple[Row, Row]]:
    """Yield the rows of every arm that both comparisons have, in the order of the first."""
    rows = {row.arm: row for row in other.rows}
    return ((row, rows[row.arm]) for row in one.rows if row.arm in rows)


def _reference(racers: Sequence[Evidence]) -> Evidence | None:
    """Return the first arm with results in every scope that any arm has results in, else with any result."""
    timed, trained = any(e.raced for e in racers), any(e.trained for e in racers)
    whole = [e for e in racers if e.useful and bool(e.raced) == timed and bool(e.trained) == trained]
    return next(iter(whole or [e for e in racers if e.useful]), None)


def _displaced(racers: Sequence[Evidence], reference: Evidence | None) -> str | None:
    if reference is None or reference is racers[0]:
        return None
    first = racers[0]
    scopes: list[Scope] = []
    if reference.trained and not first.trained:
        scopes.append("accuracy")
    if reference.raced and not first.raced:
        scopes.append("step")
    lacks = " and ".join("accuracy" if scope == "accuracy" else "step times" for scope in scopes)
    return f"{first.status.name} has no {lacks} ({first.absence(scopes[0])})"


def compare(
    manifest: Manifest,
    choice: WorkloadChoice,
    workload: Workload,
    precision: Precision,
    track: Track,
    records: Sequence[Record],
    proof: Mapping[str, float] | None,
) -> Comparison:
    """Reduce the records of a workload, one for each cell, to a comparison; it has no verdicts yet.

    Args:
        manifest: Of the run.
        choice: What the suite asks of the workload.
        workload: What it is.
        precision: Of all records.
        track: Likewise.
        records: Of all arms.
        proof: See ``Comparison``.
    """
    suite = manifest.suite
    planned_epochs = choice.epochs or workload.epochs
    statuses = {status.name: status for status in manifest.arms}
    by_arm: dict[str, list[Record]] = {arm: [] for arm in suite.runners(choice)}
    for record in records:
        by_arm.setdefault(record.cell.arm, []).append(record)
    everyone: list[Evidence] = []
    beside: dict[Leg, list[Evidence]] = {leg: [] for leg in suite.legs(workload.batch_size) if leg.scope != "step"}
    for arm, mine in by_arm.items():
        status = statuses.get(arm) or ArmStatus(name=arm, supported=True, reason=None, versions={}, witness=False)
        asked: dict[Scope, int] = {
            "accuracy": suite.seeds if workload.metric else 0,
            "step": 0 if status.witness else suite.launches,
            **{
                scope: 0 if status.witness else suite.launches * count
                for scope, count in Counter(leg.scope for leg in beside).items()
            },
        }
        everyone.append(Evidence.of(status, mine, asked))
        for leg, found in beside.items():
            if asked[leg.scope]:
                timed = [record for record in mine if _leg(record, beside) == leg]
                each: dict[Scope, int] = {**asked, leg.scope: suite.launches, "accuracy": 0}
                found.append(Evidence.of(status, timed, each, leg.scope))
    everyone.sort(key=lambda evidence: evidence.status.witness)
    racers = [evidence for evidence in everyone if not evidence.status.witness]
    reference = _reference(racers)
    epochs = next((record.cell.epochs for record in records if record.cell.scope == "accuracy"), planned_epochs)
    looks = len(suite.looks)

    def planned(record: Record) -> bool:
        """Return whether a record is no launch that was added."""
        return record.cell.scope == "accuracy" or record.cell.index < suite.launches

    return Comparison(
        workload=workload,
        precision=precision,
        track=track,
        epochs=epochs,
        seeds=suite.seeds,
        launches=suite.launches,
        reference=None if reference is None else reference.status.name,
        displaced=_displaced(racers, reference),
        rows=tuple(
            build_row(e, reference, workload, budget_cut=epochs < workload.epochs, looks=looks) for e in everyone
        ),
        evidence={evidence.status.name: evidence for evidence in everyone},
        health=health(precision, _useful(everyone, *beside.values()), track),
        contention=contention(_launches(racers)),
        further=tuple(_further(leg, found, workload, looks) for leg, found in beside.items() if found),
        missing=sum(
            max(0, sum(evidence.asked.values()) - sum(planned(record) for record in by_arm[evidence.status.name]))
            for evidence in racers
            if evidence.status.supported
        ),
        proof=proof,
    )


def _useful(*found: Sequence[Evidence]) -> list[Record]:
    return [record for evidences in found for evidence in evidences for record in evidence.useful]


def _leg(record: Record, legs: Container[Leg]) -> Leg:
    """Return which of the legs a record is of: one of its batch size, or else one of the workload's own."""
    sized = Leg(record.cell.scope, record.cell.batch_size)
    return sized if sized in legs else Leg(record.cell.scope)


def _further(leg: Leg, found: Sequence[Evidence], workload: Workload, looks: int) -> FurtherRace:
    reference = _reference(found)
    return FurtherRace(
        leg=leg,
        reference=None if reference is None else reference.status.name,
        rows=tuple(build_row(evidence, reference, workload, budget_cut=True, looks=looks) for evidence in found),
        evidence={evidence.status.name: evidence for evidence in found},
        contention=contention(_launches(found)),
    )


def _launches(racers: Sequence[Evidence]) -> list[list[Timing]]:
    """Return what each launch measured of all arms."""
    launches: dict[Sitting, list[Timing]] = defaultdict(list)
    for evidence in racers:
        for sitting, timing in evidence.timings.items():
            launches[sitting].append(timing)
    return list(launches.values())


def worst_proofs(manifest: Manifest) -> dict[str, dict[str, float]]:
    """Return, by workload, the worst figure of any arm for each gate that was passed before the race."""
    worst: dict[str, dict[str, float]] = defaultdict(dict)
    for proof in manifest.proofs or ():
        if proof.figure is not None:
            known = worst[proof.workload]
            known[proof.gate] = max(proof.figure, known.get(proof.gate, 0.0))
    return worst
