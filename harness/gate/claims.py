"""What is asked of a run: claims, each with what speaks against it and what for it."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness import stats
from harness.contract import Outcome
from harness.gate.baseline import Baseline, Entry, Operation
from harness.report.comparison import Comparison
from harness.report.operations import Operations
from harness.report.row import Row
from harness.report.summary import Summary

RESTED = "launches on a machine that rests"


class Kind(enum.StrEnum):
    """What a claim is about."""

    CELL = "cell"
    PARITY = "parity"
    EQUAL = "equal to the reference"
    TARGET = "reaches its target"
    ACCURACY = "as accurate as before"
    SPEED = "as fast as before"
    MEMORY = "as small as before"
    OPERATION = "operation as fast as before"


@dataclass(frozen=True)
class Tolerances:
    """How much worse than the baseline a run may be, as shares.

    Attributes:
        speed: Of the step time's ratio to the reference arm.
        memory: Of the peak.
        operations: Of a single operation's ratio to the reference arm.
    """

    speed: float = 0.05
    memory: float = 0.1
    operations: float = 0.1


@dataclass(frozen=True)
class Claim:
    """One claim about one arm on one workload.

    Attributes:
        subject: The workload, its precision and the arm; or the operation and the arm.
        p_against: Of the test that there is a difference at all; null where nothing is tested.
        p_for: Of the test that it is smaller than what is allowed; null likewise.
        beyond: Whether the estimate is larger than what is allowed: if not, it is no fault, however sure.
        true: Known without a test; null where one is needed.
        figure: In words.
        bound: In words.
        tested: What the tests are made of; null where there is none.
        unit: What more of would decide: seeds, launches, processes.
    """

    kind: Kind
    subject: str
    figure: str
    bound: str
    p_against: float | None = None
    p_for: float | None = None
    beyond: bool = False
    true: bool | None = None
    tested: stats.Loss | None = None
    unit: str = ""

    def wanted(self, level: float) -> str:
        """Return what would decide the claim, in words; empty if it is known.

        Args:
            level: At which it would fail.
        """
        if self.true is not None:
            return ""
        if self.tested is None:
            return f"more {self.unit}"
        count = self.tested.wanted(level)
        if count is None:
            return f"more than {stats.MOST_WANTED} {self.unit}"
        held_against = (Kind.ACCURACY, Kind.SPEED, Kind.OPERATION)
        both = ", here and in the baseline" if self.kind in held_against else ""
        return f"{max(count, self.tested.sample.count + 1)} {self.unit} in all{both}"


def claims(summary: Summary, baseline: Baseline | None, tolerances: Tolerances) -> Iterator[Claim]:
    """Yield every claim that can be put to a run."""
    yield _parity(summary)
    for comparison in summary.matched:
        for row in comparison.rows:
            if not row.witness:
                entry = baseline.find(comparison, row) if baseline else None
                yield from _of_row(summary, comparison, row, entry, tolerances)
    yield from _failed_beside(summary)
    if baseline:
        yield from _lost(summary, baseline)
        yield from _operations(summary.operations, baseline.operations, tolerances.operations)


def _parity(summary: Summary) -> Claim:
    proofs = summary.manifest.proofs
    figure = "not asked for: --unverified" if proofs is None else f"{len(proofs)} gates passed"
    return Claim(Kind.PARITY, "all pairs", figure, "gates of a race passed", true=bool(proofs))


def _lost(summary: Summary, baseline: Baseline) -> Iterator[Claim]:
    """Yield what the baseline has and the run was not even asked for."""
    asked = {
        (comparison.workload.name, comparison.precision, row.arm)
        for comparison in summary.matched
        for row in comparison.rows
    }
    for entry in baseline.entries:
        if entry.key not in asked:
            yield Claim(Kind.CELL, " · ".join(entry.key), "not in this run", "in the baseline", true=False)


def _operations(found: Operations | None, before: Sequence[Operation], tolerance: float) -> Iterator[Claim]:
    """Claim that single operations are no slower beside the reference than they were; what is missing has failed."""
    if found is None:
        if before:
            figure = "none was given: --ops"
            yield Claim(Kind.CELL, "single operations", figure, f"{len(before)} in the baseline", true=False)
        return
    for entry in before:
        subject = f"{entry.operation} · {entry.arm}"
        row = found.find(entry.operation, entry.arm)
        if row is None or row.ratio is None or found.reference != entry.reference:
            figure = row.note if row and row.note else f"not timed beside {entry.reference}"
            yield Claim(Kind.CELL, subject, figure, "in the baseline", true=False)
        else:
            yield _slower(Kind.OPERATION, subject, row.ratio, entry.log_ratio.back(), tolerance, "processes")


def _of_row(
    summary: Summary, comparison: Comparison, row: Row, entry: Entry | None, tolerances: Tolerances
) -> Iterator[Claim]:
    subject = f"{comparison.name} · {row.arm}"
    yield from _cells(summary, comparison, row, entry, subject)
    if row.metric:
        yield from _accuracy(comparison, row, row.metric, entry, subject)
    if entry and row.launches:  # what the baseline has makes a claim, or is missed: else a fault would pass unseen
        yield from _speed(comparison, row, entry, tolerances.speed, subject)
        yield from _memory(row, entry, tolerances.memory, subject)


def _cells(summary: Summary, comparison: Comparison, row: Row, entry: Entry | None, subject: str) -> Iterator[Claim]:
    """Claim that nothing is missing: of supported arms what was asked for, of all what the baseline has.

    What the baseline has is missed even where the run was not asked for it: a claim must not vanish with its figures.
    """
    if entry is None and any(one.arm == row.arm and one.cells is None for one in summary.failures):
        return  # it cannot run here, and never could
    asked = {
        "accuracy": (comparison.seeds if comparison.workload.metric else 0, row.seeds),
        "step": (comparison.launches, row.launches),
    }
    for scope, (wanted, got) in asked.items():
        place = (comparison.workload.name, comparison.precision, scope)
        failed = [one for one in summary.failures if one.arm == row.arm and one.cells == place and not one.recovered]
        unable = entry is None and any(one.outcome is Outcome.UNSUPPORTED for one in failed)
        had = entry and (entry.metric if scope == "accuracy" else entry.log_ratio)
        if (got < wanted and not unable) or (had and not got):
            reason = f": {failed[0].outcome}, {failed[0].reason}" if failed else ""
            yield Claim(Kind.CELL, subject, f"{scope}: {got} of {wanted}{reason}", "all of them", true=False)


def _failed_beside(summary: Summary) -> Iterator[Claim]:
    """Claim that nothing else failed: passes, epochs and further scopes, and all of the stock track."""
    claimed = {
        (comparison.workload.name, comparison.precision, scope)
        for comparison in summary.matched
        for scope in ("accuracy", "step")
    }
    for one in summary.failures:
        if one.cells is None or one.cells in claimed or one.recovered or one.outcome is Outcome.UNSUPPORTED:
            continue
        workload, precision, scope = one.cells
        subject, figure = f"{workload} · {precision} · {one.arm}", f"{scope}: {len(one.indices)} without result"
        disturbed = one.outcome is Outcome.CONTENDED
        yield Claim(
            Kind.CELL,
            subject,
            f"{figure}: {one.outcome}, {one.reason}",
            "all of them",
            true=None if disturbed else False,
            unit=RESTED if disturbed else "",
        )


def _accuracy(
    comparison: Comparison, row: Row, metric: stats.Mean, entry: Entry | None, subject: str
) -> Iterator[Claim]:
    workload = comparison.workload
    margin = workload.margin
    if row.difference:
        yield Claim(
            Kind.EQUAL,
            subject,
            f"{row.difference.estimate:+.4f}",
            f"within ±{margin:g}",
            p_against=row.difference.p_different,
            p_for=row.difference.p_equivalent,
            beyond=abs(row.difference.estimate) > margin,
            tested=_apart(row.difference),
            unit="seeds",
        )
    sign = 1.0 if workload.less_is_better else -1.0  # times the metric: what must not be large
    loss = stats.Moments(sign * metric.moments.mean, metric.moments.variance, metric.moments.count)
    worst = "≤" if workload.less_is_better else "≥"
    if workload.target is not None and not comparison.budget_cut:
        limit = sign * workload.target + margin
        found = stats.loss(loss, sign * workload.target, margin)
        yield _tested(Kind.TARGET, subject, f"{metric.estimate:.4f}", f"{worst} {sign * limit:.4f}", found, "seeds")
    if entry and entry.metric:
        before = entry.metric.back()
        beside = stats.Moments(sign * before.mean, before.variance, before.count)
        found = stats.loss(loss, beside, margin)
        bound = f"{worst} {sign * (sign * before.mean + margin):.4f}"
        yield _tested(Kind.ACCURACY, subject, f"{metric.estimate:.4f}", bound, found, "seeds")


def _apart(difference: stats.Difference) -> stats.Loss | None:
    """Return the difference as something lost, whichever way it goes."""
    sample, beside = difference.sides
    if difference.estimate < 0:
        sample = replace(sample, mean=-sample.mean)
        beside = replace(beside, mean=-beside.mean) if isinstance(beside, stats.Moments) else -beside
    return stats.loss(sample, beside, difference.margin)


def _speed(comparison: Comparison, row: Row, entry: Entry, tolerance: float, subject: str) -> Iterator[Claim]:
    if entry.log_ratio is None:
        return
    before = entry.log_ratio.back()
    bound = _slowest(before, tolerance)
    unstable = row.time_verdict is stats.TimeVerdict.UNSTABLE
    if entry.reference != comparison.reference:
        figure = f"raced beside {comparison.reference}, not {entry.reference}"
        yield Claim(Kind.CELL, subject, figure, "in the baseline", true=False)
    elif row.ratio and not unstable:
        yield _slower(Kind.SPEED, subject, row.ratio, before, tolerance, "launches")
    elif row.ratio:
        yield Claim(Kind.SPEED, subject, f"{row.ratio.estimate:.3f}, UNSTABLE", bound, unit=RESTED)
    elif unstable:
        yield Claim(Kind.SPEED, subject, f"UNSTABLE: {row.notes['ratio']}", bound, unit=RESTED)
    else:
        yield Claim(Kind.CELL, subject, f"step: {row.notes.get('ratio', 'no ratio')}", "in the baseline", true=False)


def _memory(row: Row, entry: Entry, tolerance: float, subject: str) -> Iterator[Claim]:
    if entry.peak_rss_mib is None:
        return
    most = entry.peak_rss_mib * (1 + tolerance)
    if row.peak_rss_mib is None:
        yield Claim(Kind.CELL, subject, "peak memory: not told", f"≤ {most:.0f} MiB", true=False)
    else:
        true = row.peak_rss_mib <= most
        yield Claim(Kind.MEMORY, subject, f"{row.peak_rss_mib:.0f} MiB", f"≤ {most:.0f} MiB", true=true)


def _slower(kind: Kind, subject: str, ratio: stats.Ratio, before: stats.Moments, tolerance: float, unit: str) -> Claim:
    found = stats.loss(ratio.moments, before, math.log1p(tolerance))
    return _tested(kind, subject, f"{ratio.estimate:.3f}", _slowest(before, tolerance), found, unit)


def _slowest(before: stats.Moments, tolerance: float) -> str:
    return f"≤ {math.exp(before.mean) * (1 + tolerance):.3f}"


def _tested(kind: Kind, subject: str, figure: str, bound: str, found: stats.Loss | None, unit: str) -> Claim:
    if found is None:
        return Claim(kind, subject, figure, bound, unit=unit)
    return Claim(kind, subject, figure, bound, found.p_lost, found.p_kept, found.beyond, tested=found, unit=unit)
