"""One line of a comparison: the figures of an arm, each with a value or a reason."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness import stats
from harness.contract import Scope, Workload
from harness.report.evidence import Evidence
from harness.report.race import clean_rounds, is_unstable, median_step_seconds, race, round_count
from harness.report.readback import DIFFERS


@dataclass(frozen=True)
class Row:
    """One arm in one comparison.

    A figure that was not measured is null and has a text in ``notes``, as has a figure without an interval.

    Attributes:
        mode: How the framework executes a step, by its own word: eager, a graph, compiled; null when it did not tell.
        metric: Over seeds, as the workload measures it: a share, not per cent.
        difference: Metric minus the reference's; null for the reference itself.
        step_ms: Geometric mean over launches of the launch's median time per step in clean rounds; a step is a forward
            pass or an epoch in a row of these.
        ratio: Step time over the reference's; null for the reference itself.
        time_verdict: On the ratio; without one, as of the reference or of a lone arm, UNSTABLE or null.
        first_step_s: Median over launches that gave the workload a fresh process.
        cold_start_s: Median over the launches whose workers started one at a time.
        peak_rss_mib: Maximum over launches that gave the workload a fresh process.
        phases: Phase of a fresh process -> its peak of memory in MiB, the maximum over launches.
        fresh: Figure -> launches that it comes from, of the three above that were measured.
        seeds: Seeds with a metric.
        launches: Launches with step times.
        rounds: Rounds over all launches.
        contended_rounds: Rounds of which every repetition was contended for this arm.
        target_met: Whether the mean reaches the workload's target; null without one, or when the budget was cut.
        losses: Training loss by seed and epoch.
        notes: Figure (a field of this class) -> why it is missing or less than asked for.
    """

    arm: str
    mode: str | None
    witness: bool
    metric: stats.Mean | None
    difference: stats.Difference | None
    accuracy_verdict: stats.AccuracyVerdict | None
    step_ms: float | None
    ratio: stats.Ratio | None
    time_verdict: stats.TimeVerdict | None
    first_step_s: float | None
    cold_start_s: float | None
    peak_rss_mib: float | None
    phases: Mapping[str, float]
    fresh: Mapping[str, int]
    parameters: int | None
    seeds: int
    launches: int
    rounds: int
    contended_rounds: int
    target_met: bool | None
    losses: tuple[tuple[float, ...], ...]
    notes: Mapping[str, str]


class _Builder:
    """Collects the figures of a row and, for those that are missing, the reasons."""

    def __init__(self, evidence: Evidence, reference: Evidence | None, workload: Workload, looks: int) -> None:
        self.evidence = evidence
        self.looks = looks
        self.reference = reference
        self.workload = workload
        self.notes: dict[str, str] = {}
        self.fresh: dict[str, int] = {}
        self.is_reference = reference is not None and reference.status.name == evidence.status.name

    def metric(self) -> stats.Mean | None:
        values = list(self.evidence.metrics.values())
        if len(values) < self.evidence.asked["accuracy"] or not values:
            self.notes["seeds"] = self.evidence.absence("accuracy")
        if not values:
            self.notes["metric"] = self.notes["seeds"]
            return None
        if len(values) == 1:
            self.notes["metric"] = "one seed: no interval"
        return stats.mean(values)

    def difference(self) -> stats.Difference | None:
        if self.is_reference:
            return None
        mine = self.evidence.metrics
        if not mine:
            self.notes["difference"] = self.evidence.absence("accuracy")
            return None
        if self.reference is None or not self.reference.metrics:
            self.notes["difference"] = self._without_reference("accuracy")
            return None
        found = stats.difference(
            list(mine.values()),
            list(self.reference.metrics.values()),
            self.workload.margin,
            paired=self.evidence.shares_trainings_with(self.reference),
        )
        if found.interval is None:
            self.notes["difference"] = "one seed: no interval"
        elif not found.paired:
            self.notes["difference"] = (
                "not paired by seed: other seeds, or parameters and batch orders not proven equal"
            )
        return found

    def step_ms(self) -> float | None:
        timings = self.evidence.timings
        if len(timings) < self.evidence.asked[self.evidence.timed] or not timings or self.evidence.status.witness:
            self.notes["launches"] = self.evidence.absence(self.evidence.timed)
        if not timings:
            self.notes["rounds"] = self.notes["step_ms"] = self.notes["launches"]
            return None
        medians = [seconds for timing in timings.values() if (seconds := median_step_seconds(timing)) is not None]
        if not medians:
            self.notes["step_ms"] = "every round was contended"
            return None
        return 1e3 * math.exp(statistics.fmean(map(math.log, medians)))

    def ratio(self) -> tuple[stats.Ratio | None, stats.TimeVerdict | None]:
        """Return the ratio, and already a verdict when there is no clean round to estimate it from."""
        if self.is_reference:
            return None, None
        mine = self.evidence.timings
        if not mine:
            self.notes["ratio"] = self.evidence.absence(self.evidence.timed)
            return None, None
        if self.reference is None or not self.reference.timings:
            self.notes["ratio"] = self._without_reference(self.evidence.timed)
            return None, None
        found = race(mine, self.reference.timings, self.looks)
        if found is None:
            if not mine.keys() & self.reference.timings.keys():
                self.notes["ratio"] = "no launch in which both arms ran side by side"
                return None, None
            self.notes["ratio"] = "no round was clean for both arms"
            return None, stats.TimeVerdict.UNSTABLE
        if found.interval is None:
            self.notes["ratio"] = "one launch: no interval"
        return found, None

    def timed(self, figure: str, field: str, reduce: Callable[[list[float]], float], default: str) -> float | None:
        """Return a figure of the launches, ``field`` of their timings reduced to one number."""
        timings = self.evidence.timings.values()
        values = [float(value) for timing in timings if (value := getattr(timing, field)) is not None]
        if values:
            self.fresh[figure] = len(values)
            return reduce(values)
        self.notes[figure] = (
            self.evidence.reason(field, default) if timings else self.evidence.absence(self.evidence.timed)
        )
        return None

    def phases(self) -> dict[str, float]:
        most: dict[str, float] = {}
        for timing in self.evidence.timings.values():
            for phase, peak in (timing.phases or {}).items():
                most[phase] = max(peak / 2**20, most.get(phase, 0.0))
        return most

    def mode(self) -> str | None:
        told = dict.fromkeys(str(r.settings["execution"]) for r in self.evidence.useful if "execution" in r.settings)
        if not told:
            scope: Scope = "accuracy" if self.evidence.asked["accuracy"] else self.evidence.timed
            self.notes["mode"] = "the arm did not tell" if self.evidence.useful else self.evidence.absence(scope)
        return DIFFERS.join(told) or None

    def parameters(self) -> int | None:
        useful = self.evidence.useful
        found = next((record.parameters for record in useful if record.parameters is not None), None)
        if found is None:
            scope: Scope = "accuracy" if self.evidence.asked["accuracy"] else self.evidence.timed
            missing = self.evidence.reason("parameters", "the arm did not tell")
            self.notes["parameters"] = missing if useful else self.evidence.absence(scope)
        return found

    def _reached(self, metric: stats.Mean | None) -> bool | None:
        return None if metric is None or self.workload.target is None else self.workload.reached(metric.estimate)

    def _without_reference(self, scope: Scope) -> str:
        if self.reference is None:
            return "no arm that could be the reference has a result"
        return f"the reference {self.reference.status.name} has none: {self.reference.absence(scope)}"

    def build(self, budget_cut: bool) -> Row:
        evidence = self.evidence
        metric, (ratio, time_verdict) = self.metric(), self.ratio()
        if ratio is None and is_unstable(evidence.timings.values()):
            time_verdict = stats.TimeVerdict.UNSTABLE
        memory = self.timed("peak_rss_mib", "peak_rss_bytes", max, "the kernel does not tell")
        return Row(
            arm=evidence.status.name,
            mode=self.mode(),
            witness=evidence.status.witness,
            metric=metric,
            difference=self.difference(),
            accuracy_verdict=None,
            step_ms=self.step_ms(),
            ratio=ratio,
            time_verdict=time_verdict,
            first_step_s=self.timed("first_step_s", "first_step_s", statistics.median, "not measured"),
            cold_start_s=self.timed("cold_start_s", "cold_start_s", statistics.median, "workers started side by side"),
            peak_rss_mib=None if memory is None else memory / 2**20,
            phases=self.phases(),
            fresh=self.fresh,
            parameters=self.parameters(),
            seeds=len(evidence.metrics),
            launches=len(evidence.timings),
            rounds=sum(map(round_count, evidence.timings.values())),
            contended_rounds=sum(round_count(t) - len(clean_rounds(t)) for t in evidence.timings.values()),
            target_met=self._reached(metric) if not budget_cut else None,
            losses=tuple(
                tuple(record.accuracy.epoch_losses)
                for record in evidence.trained.values()
                if record.accuracy is not None
            ),
            notes=self.notes,
        )


def build_row(
    evidence: Evidence, reference: Evidence | None, workload: Workload, *, budget_cut: bool, looks: int = 1
) -> Row:
    """Return the row of an arm, without its verdicts: those depend on the whole report.

    Args:
        evidence: Of the arm.
        reference: Of the arm that it is compared with.
        workload: What both ran.
        budget_cut: Whether they trained for fewer epochs than the workload has.
        looks: Times that the race may be judged.
    """
    return _Builder(evidence, reference, workload, looks).build(budget_cut)
