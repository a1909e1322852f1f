"""Techniques: what each variant does beside the first one, arm by arm, and whether that was to be expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness import stats
from harness.contract import Expectation, Precision, Technique, Track, Variant
from harness.report.comparison import Comparison, same_arms
from harness.report.evidence import Evidence
from harness.report.row import Row
from harness.schema import Accuracy

Read = Callable[[Accuracy], float | None]

READ: Mapping[str, Read] = {
    "metric": lambda found: found.metric,
    "train_loss": lambda found: found.epoch_losses[-1] if found.epoch_losses else None,
    "test_loss": lambda found: found.test_loss,
}
"""Figures that every training has; all others are among ``Accuracy.figures``."""


@dataclass(frozen=True)
class Line:
    """One variant in one arm.

    Attributes:
        against_first: Its metric minus that of the first variant in the same arm; null for the first variant itself.
        figures: ``train_loss`` of the last epoch, and the variant's own: means over seeds.
        note: Why there is no difference; null if there is one, or needs none.
    """

    variant: Variant
    row: Row
    against_first: stats.Difference | None
    figures: Mapping[str, stats.Mean]
    note: str | None


@dataclass(frozen=True)
class Judgement:
    """What one arm says of an expectation.

    Attributes:
        claim: What was measured; null if nothing was.
        note: Why it cannot be judged; null if it was.
    """

    expectation: Expectation
    arm: str
    claim: stats.Claim | None
    verdict: stats.ClaimVerdict
    note: str | None


@dataclass(frozen=True)
class Family:
    """All variants of a technique at one precision and in one track.

    Attributes:
        comparisons: By variant, those that the run has.
        lines: By variant, then by arm.
    """

    technique: Technique
    precision: Precision
    track: Track
    comparisons: Mapping[str, Comparison]
    lines: tuple[Line, ...]
    judgements: tuple[Judgement, ...]

    @property
    def name(self) -> str:
        """Unique within a run."""
        stock = "" if self.track == "matched" else f" · {self.track}"
        return f"{self.technique.name} · {self.precision}{stock}"

    @property
    def first(self) -> str:
        """Name of the variant that the others are compared with."""
        return self.technique.variants[0].name

    @property
    def figures(self) -> list[str]:
        """Names of the figures that the lines have, in order."""
        return list(dict.fromkeys(name for line in self.lines for name in line.figures))


@dataclass(frozen=True)
class Gap:
    """What a framework's own defaults make of a workload: one arm in both tracks.

    Attributes:
        matched: The row of the matched track.
        stock: The row of the other.
        difference: Metric matched minus stock, over seeds.
    """

    comparison: Comparison
    matched: Row
    stock: Row
    difference: stats.Difference


def families(techniques: Sequence[Technique], comparisons: Sequence[Comparison]) -> tuple[Family, ...]:
    """Return the families of a run, in the order of the suite."""
    kinds = dict.fromkeys((comparison.precision, comparison.track) for comparison in comparisons)
    found: list[Family] = []
    for technique in techniques:
        for precision, track in kinds:
            here = {c.workload.name: c for c in comparisons if (c.precision, c.track) == (precision, track)}
            names = {variant.name: variant.workload.name for variant in technique.variants}
            mine = {name: here[workload] for name, workload in names.items() if workload in here}
            if mine:
                lines, judgements = tuple(_lines(technique, mine)), tuple(_judgements(technique, mine))
                found.append(Family(technique, precision, track, mine, lines, judgements))
    return tuple(found)


def gaps(comparisons: Sequence[Comparison]) -> tuple[Gap, ...]:
    """Return every arm of every workload that was trained in both tracks."""
    stock = {(c.workload.name, c.precision): c for c in comparisons if c.track == "stock"}
    found = []
    for comparison in comparisons:
        other = stock.get((comparison.workload.name, comparison.precision))
        if comparison.track != "matched" or other is None:
            continue
        for row, stocked in same_arms(comparison, other):
            if row.metric and stocked.metric:
                values = [list(side.evidence[row.arm].metrics.values()) for side in (comparison, other)]
                difference = stats.difference(values[0], values[1], comparison.workload.margin, paired=False)
                found.append(Gap(comparison, row, stocked, difference))
    return tuple(found)


def _lines(technique: Technique, comparisons: Mapping[str, Comparison]) -> Iterator[Line]:
    first = comparisons.get(technique.variants[0].name)
    for variant in technique.variants:
        if variant.name not in comparisons:
            continue
        comparison = comparisons[variant.name]
        for row in comparison.rows:
            evidence = comparison.evidence[row.arm]
            difference, note = None, None
            if variant is not technique.variants[0]:
                difference, note = _against(evidence, row.arm, comparison, first)
            names = ("train_loss", *variant.workload.figures)
            values = {name: list(_values(evidence, name).values()) for name in names}
            figures = {name: stats.mean(found) for name, found in values.items() if found}
            yield Line(variant, row, difference, figures, note)


def _against(
    evidence: Evidence, arm: str, comparison: Comparison, first: Comparison | None
) -> tuple[stats.Difference | None, str | None]:
    """Return the metric minus that of the first variant in the same arm, or why there is none."""
    if first is None or arm not in first.evidence:
        return None, "the first variant was not run in this arm"
    reference = first.evidence[arm]
    mine, theirs = comparison.workload, first.workload
    if (mine.metric, mine.dataset) != (theirs.metric, theirs.dataset):
        return None, "the first variant is measured on something else"
    if not evidence.metrics:
        return None, evidence.absence("accuracy")
    if not reference.metrics:
        return None, f"the first variant: {reference.absence('accuracy')}"
    paired = evidence.shares_trainings_with(reference)
    values = list(evidence.metrics.values()), list(reference.metrics.values())
    found = stats.difference(*values, mine.margin, paired=paired)
    return found, "one seed: no interval" if found.interval is None else None


def _judgements(technique: Technique, comparisons: Mapping[str, Comparison]) -> Iterator[Judgement]:
    for expectation in technique.expectations:
        needed = [expectation.variant, *([expectation.against] if expectation.against else [])]
        if any(name not in comparisons for name in needed):
            continue
        sides = [comparisons[name] for name in needed]
        for arm in sides[0].evidence:
            if all(arm in side.evidence for side in sides):
                yield _judge(expectation, arm, sides)


def _judge(expectation: Expectation, arm: str, sides: Sequence[Comparison]) -> Judgement:
    """Hold an expectation against what one arm measured of its variant and, if it has one, of what it is beside."""
    evidence = [side.evidence[arm] for side in sides]
    values = [_values(one, expectation.figure) for one in evidence]
    for one, found, side in zip(evidence, values, sides, strict=True):
        if not found:
            absent = one.absence("accuracy") if not one.trained else f"no figure {expectation.figure}"
            note = f"{side.workload.name}: {absent}"
            return Judgement(expectation, arm, None, stats.ClaimVerdict.CANNOT_TELL, note)
    mine, reference = list(values[0].values()), list(values[1].values()) if len(values) > 1 else None
    paired = len(sides) > 1 and evidence[0].shares_trainings_with(evidence[1])
    claim = stats.claim(mine, reference, paired=paired)
    if any(side.budget_cut for side in sides):
        return Judgement(expectation, arm, claim, stats.ClaimVerdict.LOOK, "the budget was cut")
    return Judgement(
        expectation, arm, claim, stats.claim_verdict(claim, expectation.at_least, expectation.at_most), None
    )


def _values(evidence: Evidence, figure: str) -> dict[int, float]:
    """Return a figure by seed."""
    read: Read = READ.get(figure, lambda found: found.figures.get(figure))
    found = {seed: record.accuracy for seed, record in evidence.trained.items() if record.accuracy is not None}
    return {seed: value for seed, accuracy in found.items() if (value := read(accuracy)) is not None}
