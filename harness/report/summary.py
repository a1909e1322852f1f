"""A run's records reduced to the figures of its report. All arithmetic and every reason is here, no formatting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from harness import stats
from harness.contract import Cell, Outcome, Precision, Technique, Track, Workload
from harness.report.classical import Contest, contests
from harness.report.comparison import Comparison, compare, worst_proofs
from harness.report.failures import Failure, failures
from harness.report.families import Family, Gap, families, gaps
from harness.report.operations import Operations
from harness.report.race import Contention, merge
from harness.report.readback import Readback, readback
from harness.report.row import Row
from harness.report.speedups import Speedup, speedups
from harness.report.verdicts import judge
from harness.schema import Manifest, Record, WorkloadChoice


@dataclass(frozen=True)
class Summary:
    """A whole run.

    Attributes:
        comparisons: Of every workload, the variants of techniques among them.
        families: Of every technique that the suite asks for, once for each precision and track.
        gaps: What the tracks make of each other, workload by workload and arm by arm, where a run has both.
        speedups: What less precision makes of every arm, where a run timed it in two.
        contests: Classical models beside networks, by dataset, where the suite asks for them.
        cells: Cells with a record.
        failed: Cells whose last word is a failure, by outcome.
        damaged: What is wrong with the records that could not be read; the tables know nothing of their cells.
        operations: Single operations that were timed beside the run; null if none were given.
    """

    manifest: Manifest
    comparisons: tuple[Comparison, ...]
    families: tuple[Family, ...]
    gaps: tuple[Gap, ...]
    speedups: tuple[Speedup, ...]
    contests: tuple[Contest, ...]
    failures: tuple[Failure, ...]
    readback: Readback
    cells: int
    failed: Mapping[Outcome, int]
    damaged: tuple[str, ...] = ()
    operations: Operations | None = None

    @property
    def matched(self) -> list[Comparison]:
        """The comparisons of the matched track: in the other nothing is promised, to a baseline either."""
        return [comparison for comparison in self.comparisons if comparison.track == "matched"]

    @property
    def workloads(self) -> list[Comparison]:
        """The comparisons that are no part of a family."""
        varied = {comparison.name for family in self.families for comparison in family.comparisons.values()}
        return [comparison for comparison in self.comparisons if comparison.name not in varied]

    @property
    def races(self) -> list[tuple[str, Contention]]:
        """Every race that was run, the variants of a family as one, and what disturbed it."""
        found = [race for comparison in self.workloads for race in comparison.races]
        for family in self.families:
            each = [comparison.contention for comparison in family.comparisons.values()]
            found.append((f"{family.name}, {len(each)} variants", merge(each)))
        return [(name, contention) for name, contention in found if contention.rounds]

    @property
    def unstable(self) -> list[tuple[str, Row]]:
        """What other programs disturbed so much that its times say nothing, with the name of the race."""
        return [
            (name, row)
            for comparison in self.comparisons
            for (name, _), rows in zip(comparison.races, comparison.timed, strict=True)
            for row in rows
            if row.time_verdict is stats.TimeVerdict.UNSTABLE
        ]


def _final(records: Sequence[Record]) -> dict[Cell, Record]:
    """Return the record that counts for each cell: the last success, else the last attempt.

    A resumed run may hold results of older code or versions under other keys; only those of the newest key count.
    """
    by_age = sorted(records, key=lambda record: record.started)
    newest = {record.cell: record.key for record in by_age}
    current = [record for record in by_age if record.key == newest[record.cell]]
    ranked = sorted(current, key=lambda record: (record.outcome is Outcome.OK, record.attempt))
    return {record.cell: record for record in ranked}


def _judged(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    found = [row for comparison in comparisons for row in comparison.rows]
    found += [row for comparison in comparisons for race in comparison.further for row in race.rows]
    rows: Iterator[Row] = iter(judge(found))
    judged = [replace(comparison, rows=tuple(islice(rows, len(comparison.rows)))) for comparison in comparisons]
    return tuple(
        replace(
            comparison,
            further=tuple(replace(race, rows=tuple(islice(rows, len(race.rows)))) for race in comparison.further),
        )
        for comparison in judged
    )


def summarize(
    manifest: Manifest,
    records: Sequence[Record],
    workloads: Mapping[str, Workload],
    techniques: Mapping[str, Technique] | None = None,
    damaged: Sequence[str] = (),
) -> Summary:
    """Reduce a run to the figures of its report.

    Args:
        manifest: What was asked for.
        records: What came of it.
        workloads: Every one that the run has, variants too, by name.
        techniques: Every one that the suite asks for, by name.
        damaged: What is wrong with the records that could not be read.

    Raises:
        ValueError: If the run has a workload that ``workloads`` does not know.
    """
    final = _final(records)
    groups: dict[tuple[str, Precision, Track], list[Record]] = {
        (choice.name, precision, track): []
        for choice in manifest.suite.workloads
        for precision in choice.precisions or manifest.suite.precisions
        for track in manifest.suite.tracks
    }
    of_networks = {cell: record for cell, record in final.items() if cell.baseline is None}
    for cell, record in of_networks.items():
        groups.setdefault((cell.workload, cell.precision, cell.track), []).append(record)
    if unknown := sorted({name for name, _, _ in groups} - workloads.keys()):
        raise ValueError(f"run {manifest.run} has workloads that do not exist any more: {', '.join(unknown)}")
    if unknown := sorted(set(manifest.suite.techniques) - (techniques or {}).keys()):
        raise ValueError(f"run {manifest.run} has techniques that do not exist any more: {', '.join(unknown)}")
    choices = {choice.name: choice for choice in manifest.suite.workloads}
    proofs = None if manifest.proofs is None else worst_proofs(manifest)
    comparisons = _judged(
        [
            compare(
                manifest,
                choices.get(name, WorkloadChoice(name=name)),
                choices.get(name, WorkloadChoice(name=name)).sized(workloads[name]),
                precision,
                track,
                group,
                None if proofs is None else proofs.get(name, {}),
            )
            for (name, precision, track), group in groups.items()
        ]
    )
    failed: Counter[Outcome] = Counter(record.outcome for record in final.values() if record.outcome is not Outcome.OK)
    return Summary(
        manifest=manifest,
        comparisons=comparisons,
        families=families([(techniques or {})[name] for name in manifest.suite.techniques], comparisons),
        gaps=gaps(comparisons),
        speedups=tuple(speedups(comparisons)),
        contests=contests(manifest, comparisons, [record for cell, record in final.items() if cell.baseline]),
        failures=failures(manifest, records),
        readback=readback(manifest.suite.arms, list(of_networks.values())),
        cells=len(final),
        failed=failed,
        damaged=tuple(damaged),
    )
