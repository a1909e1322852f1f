"""What is asked of a run: claims, each with what speaks against it and what for it."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness import stats
from harness.contract import Outcome, Scope, Workload
from harness.gate.baseline import Baseline, Entry, Operation, Setting
from harness.report.comparison import Comparison
from harness.report.failures import Failure
from harness.report.operations import Operations
from harness.report.row import Row
from harness.report.summary import Summary

RESTED = "more launches on a machine that rests"


LEAST: Mapping[str, int] = {"seeds": 10, "launches": stats.MIN_LAUNCHES, "processes": stats.MIN_LAUNCHES}
"""What a verdict needs of each. More seeds than a report's: one of dozens of claims is soon about five that came out
alike, for a test set has few different accuracies to give. ``benchmarks.gate_power`` counts how often that fails."""


class Kind(enum.StrEnum):
    """What a claim is about."""

    CELL = "cell"
    PARITY = "parity"
    HEALTH = "one race for all arms"
    EQUAL = "equal to the reference"
    TARGET = "reaches its target"
    ACCURACY = "as accurate as before"
    SPEED = "as fast as before"
    MEMORY = "as small as before"
    OPERATION = "operation as fast as before"


MATTERS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ACCURACY: ("epochs", "batch_size", "dataset_sha256"),
    Kind.SPEED: ("threads", "batch_size", "dataset_sha256", "device", "interleaved"),
    Kind.MEMORY: ("threads", "batch_size", "dataset_sha256", "device"),
    Kind.OPERATION: ("threads",),
}
"""What of a setting must be the baseline's own: with another one the claim compares the answers to two questions."""


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
        p_against: Of the test that more was lost than is allowed; null where nothing is tested.
        p_for: Of the test that less was lost; null likewise.
        true: Known without a test; null where one is needed.
        figure: In words.
        bound: In words.
        tested: What the tests are made of; null where there is none.
        unit: What the tests count: seeds, launches, processes.
        remedy: What would decide where nothing is tested.
    """

    kind: Kind
    subject: str
    figure: str
    bound: str
    p_against: float | None = None
    p_for: float | None = None
    true: bool | None = None
    tested: stats.Loss | None = None
    unit: str = ""
    remedy: str = ""

    def wanted(self, level: float) -> str:
        """Return what would decide the claim, in words; empty if it is known.

        Args:
            level: At which it would fail.
        """
        if self.true is not None:
            return ""
        if self.tested is None:
            return self.remedy or f"more {self.unit}"
        count = self.tested.wanted(level)
        if count is None:
            return f"more than {stats.MOST_WANTED} {self.unit}"
        held_against = (Kind.ACCURACY, Kind.SPEED, Kind.OPERATION)
        both = ", here and in the baseline" if self.kind in held_against else ""
        return f"{max(count, self.tested.sample.count + 1, LEAST.get(self.unit, 2))} {self.unit} in all{both}"


def claims(summary: Summary, baseline: Baseline | None, tolerances: Tolerances) -> Iterator[Claim]:
    """Yield every claim that can be put to a run."""
    yield _parity(summary)
    for comparison in summary.matched:
        yield _health(comparison)
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


def _health(comparison: Comparison) -> Claim:
    """Claim that the arms had the same data and began alike: else nothing else that is said of them means anything."""
    found = comparison.health
    figure = "; ".join(found.conflicts) or f"{found.compared} hashes agree"
    bound = "same data, parameters, first losses, rounding"
    return Claim(Kind.HEALTH, comparison.name, figure, bound, true=not found.conflicts)


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
            claim = _slower(Kind.OPERATION, subject, row.ratio, entry.log_ratio.back(), tolerance, "processes")
            yield _same_question(claim, {"threads": entry.threads}, {"threads": found.threads})


def _of_row(
    summary: Summary, comparison: Comparison, row: Row, entry: Entry | None, tolerances: Tolerances
) -> Iterator[Claim]:
    subject = f"{comparison.name} · {row.arm}"
    yield from _cells(summary, comparison, row, entry, subject)
    if row.metric:
        yield from _accuracy(comparison, row, row.metric, subject)
    now = Setting.of(summary, comparison, row)
    if entry and now:  # what the baseline has makes a claim, or is missed: else a fault would pass unseen
        for claim in _as_before(summary, comparison, row, entry, tolerances, subject):
            yield _same_question(claim, entry.setting.model_dump(), now.model_dump())


def _as_before(
    summary: Summary, comparison: Comparison, row: Row, entry: Entry, tolerances: Tolerances, subject: str
) -> Iterator[Claim]:
    if row.metric and entry.metric:
        yield _no_worse(Kind.ACCURACY, comparison.workload, row.metric, entry.metric.back(), subject)
    if row.launches:
        yield from _speed(summary, comparison, row, entry, tolerances.speed, subject)
        yield from _memory(summary, comparison, row, entry, tolerances.memory, subject)


def _same_question(claim: Claim, before: Mapping[str, Any], now: Mapping[str, Any]) -> Claim:
    """Return the claim; open, with the reason, if the baseline's figure has another setting that matters to it."""
    fields = [
        field
        for field in MATTERS.get(claim.kind, ())
        if None not in (before[field], now[field]) and before[field] != now[field]
    ]
    if not fields:
        return claim
    return Claim(
        claim.kind,
        claim.subject,
        f"{claim.figure} ({_told(fields, now)})",
        f"{claim.bound} ({_told(fields, before)})",
        remedy=f"a baseline of the same {', '.join(map(_word, fields))}",
    )


def _told(fields: Sequence[str], setting: Mapping[str, Any]) -> str:
    return ", ".join(f"{_word(field)} {str(setting[field])[:12]}" for field in fields)  # of a hash the beginning


def _word(field: str) -> str:
    return field.removesuffix("_sha256").replace("_", " ")


def _cells(summary: Summary, comparison: Comparison, row: Row, entry: Entry | None, subject: str) -> Iterator[Claim]:
    """Claim that nothing is missing: of supported arms what was asked for, of all what the baseline has.

    What the baseline has is missed even where the run was not asked for it: a claim must not vanish with its figures.
    """
    if entry is None and any(one.arm == row.arm and one.cells is None for one in summary.failures):
        return  # it cannot run here, and never could
    asked: dict[Scope, tuple[int, int]] = {
        "accuracy": (comparison.seeds if comparison.workload.metric else 0, row.seeds),
        "step": (comparison.launches, row.launches),
    }
    for scope, (wanted, got) in asked.items():
        failed = _failed(summary, comparison, row.arm, scope)
        unable = entry is None and any(one.outcome is Outcome.UNSUPPORTED for one in failed)
        had = entry and (entry.metric if scope == "accuracy" else entry.log_ratio)
        if (got < wanted and not unable) or (had and not got):
            reason = f": {failed[0].outcome}, {failed[0].reason}" if failed else ""
            known = _known(summary, comparison, scope, row.arm)
            figure = f"{scope}: {got} of {wanted}{reason}"
            yield Claim(Kind.CELL, subject, figure, "all of them", true=known, remedy=RESTED)


def _failed(summary: Summary, comparison: Comparison, arm: str, scope: Scope) -> list[Failure]:
    place = (comparison.workload.name, comparison.precision, scope)
    return [one for one in summary.failures if one.arm == arm and one.cells == place and not one.recovered]


def _known(summary: Summary, comparison: Comparison, scope: Scope, *arms: str) -> bool | None:
    """Return what is known of a claim that nothing is missing, when something is: false.

    None, nothing, where in one of the arms other programs disturbed all that is missing, for that is no fault of it.
    """
    wanted = comparison.seeds if scope == "accuracy" else comparison.launches
    for arm in arms:
        if evidence := comparison.evidence.get(arm):
            got = (evidence.trained if scope == "accuracy" else evidence.raced).keys()
            disturbed = {
                index
                for one in _failed(summary, comparison, arm, scope)
                if one.outcome is Outcome.CONTENDED
                for index in one.indices
            } - got
            if disturbed and len(got) + len(disturbed) >= wanted:
                return None
    return False


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
            remedy=RESTED,
        )


def _accuracy(comparison: Comparison, row: Row, metric: stats.Mean, subject: str) -> Iterator[Claim]:
    workload, margin = comparison.workload, comparison.workload.margin
    if row.difference:
        found = stats.departure(row.difference)
        yield _tested(Kind.EQUAL, subject, f"{row.difference.estimate:+.4f}", f"within ±{margin:g}", found, "seeds")
    if workload.target is not None and not comparison.budget_cut:
        yield _no_worse(Kind.TARGET, workload, metric, workload.target, subject)


def _no_worse(kind: Kind, workload: Workload, metric: stats.Mean, than: stats.Moments | float, subject: str) -> Claim:
    """Claim that a metric is worse than another, or than a number, by no more than the workload's margin."""
    sign, worst = (1.0, "≤") if workload.less_is_better else (-1.0, "≥")  # times the metric: what must not be large
    mean = than.mean if isinstance(than, stats.Moments) else than
    beside = replace(than, mean=sign * mean) if isinstance(than, stats.Moments) else sign * than
    found = stats.loss(replace(metric.moments, mean=sign * metric.moments.mean), beside, workload.margin)
    bound = f"{worst} {mean + sign * workload.margin:.4f}"
    return _tested(kind, subject, f"{metric.estimate:.4f}", bound, found, "seeds")


def _speed(
    summary: Summary, comparison: Comparison, row: Row, entry: Entry, tolerance: float, subject: str
) -> Iterator[Claim]:
    if entry.log_ratio is None:
        return
    before = entry.log_ratio.back()
    bound = _slowest(before, tolerance)
    unstable = row.time_verdict is stats.TimeVerdict.UNSTABLE
    if entry.reference != comparison.reference:
        figure = f"raced beside {comparison.reference}, not {entry.reference}"
        known = _known(summary, comparison, "step", entry.reference or "")
        yield Claim(Kind.CELL, subject, figure, "in the baseline", true=known, remedy=RESTED)
    elif row.ratio and not unstable:
        yield _slower(Kind.SPEED, subject, row.ratio, before, tolerance, "launches")
    elif row.ratio:
        yield Claim(Kind.SPEED, subject, f"{row.ratio.estimate:.3f}, UNSTABLE", bound, remedy=RESTED)
    elif unstable:
        yield Claim(Kind.SPEED, subject, f"UNSTABLE: {row.notes['ratio']}", bound, remedy=RESTED)
    else:
        figure = f"step: {row.notes.get('ratio', 'no ratio')}"
        known = _known(summary, comparison, "step", row.arm, entry.reference or "")
        yield Claim(Kind.CELL, subject, figure, "in the baseline", true=known, remedy=RESTED)


def _memory(
    summary: Summary, comparison: Comparison, row: Row, entry: Entry, tolerance: float, subject: str
) -> Iterator[Claim]:
    if entry.peak_rss_mib is None:
        return
    most = entry.peak_rss_mib * (1 + tolerance)
    if row.peak_rss_mib is None:
        known = _known(summary, comparison, "step", row.arm)
        yield Claim(Kind.CELL, subject, "peak memory: not told", f"≤ {most:.0f} MiB", true=known, remedy=RESTED)
    else:
        true = row.peak_rss_mib <= most
        yield Claim(Kind.MEMORY, subject, f"{row.peak_rss_mib:.0f} MiB", f"≤ {most:.0f} MiB", true=true)


def _slower(kind: Kind, subject: str, ratio: stats.Ratio, before: stats.Moments, tolerance: float, unit: str) -> Claim:
    found = stats.loss(ratio.moments, before, math.log1p(tolerance), ratio.looks)
    return _tested(kind, subject, f"{ratio.estimate:.3f}", _slowest(before, tolerance), found, unit)


def _slowest(before: stats.Moments, tolerance: float) -> str:
    return f"≤ {math.exp(before.mean) * (1 + tolerance):.3f}"


def _tested(kind: Kind, subject: str, figure: str, bound: str, found: stats.Loss | None, unit: str) -> Claim:
    """Return a claim with its tests; untested, and so open, if either side has fewer values than a verdict needs."""
    if found is None:
        return Claim(kind, subject, figure, bound, unit=unit)
    sides = [side.count for side in (found.sample, found.beside) if isinstance(side, stats.Moments)]
    untested = Claim(kind, subject, figure, bound, tested=found, unit=unit)
    return untested if min(sides) < LEAST[unit] else replace(untested, p_against=found.p_lost, p_for=found.p_kept)
