"""What a report says of techniques and of tracks: a chapter for each family, a table of the gap between tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.contract import Expectation
from harness.report import figures, text
from harness.report.families import Family, Gap, Judgement, Line
from harness.report.figures import MISSING, Notes, Scale, metric
from harness.report.tables import table
from harness.report.text import number

LABELS = {"train_loss": "last training loss", "test_loss": "test loss"}


@dataclass(frozen=True)
class Chapter:
    """One family, ready to be placed."""

    heading: str
    about: str
    proof: str
    health: str
    table: str
    notes: list[str]
    expectations: str
    gap: str
    picture: str | None


def chapter(family: Family, gaps: Sequence[Gap], picture: str | None) -> Chapter:
    """Return the chapter of a family.

    Args:
        family: Which it is.
        gaps: Those of the whole run; the chapter of the stock track shows what of them is the family's.
        picture: Name of its file.
    """
    notes = Notes()
    names = {comparison.workload.name for comparison in family.comparisons.values()}
    mine = [gap for gap in gaps if gap.comparison.workload.name in names and family.track == "stock"]
    return Chapter(
        heading=text.escape(f"{family.technique.title} · {family.name.partition(' · ')[2]}"),
        about=text.escape(family.technique.about, limit=1000),
        proof=_proof(family),
        health=_health(family),
        table=_table(family, notes),
        notes=[text.escape(note) for note in notes.texts],
        expectations=_expectations(family),
        gap=gap_table([gap for gap in mine if gap.comparison.precision == family.precision]),
        picture=picture,
    )


def label(figure: str, scale: Scale) -> str:
    """Return a figure's name as a reader has it."""
    return scale.metric if figure == "metric" else LABELS.get(figure, figure.replace("_", " "))


def _table(family: Family, notes: Notes) -> str:
    """Return every variant in every arm."""
    scales = {line.variant.name: Scale.of(line.variant.workload) for line in family.lines}
    names = dict.fromkeys(f"{s.metric}{f' ({s.unit})' if s.unit else ''}" for s in scales.values())
    units = dict.fromkeys(f" ({s.difference_unit})" if s.difference_unit else "" for s in scales.values())
    references = dict.fromkeys(c.reference for c in family.comparisons.values() if c.reference)
    reference = text.code(next(iter(references))) if len(references) == 1 else "the reference"
    header = [
        "variant",
        "arm",
        f"{' or '.join(names)} ± 95 %",
        f"less that of {text.code(family.first)}{next(iter(units), '') if len(units) == 1 else ''} [95 %]",
        *(label(name, next(iter(scales.values()))) for name in family.figures),
        "train step (ms)",
        f"ratio to {reference} [95 %]",
    ]
    rows = [_row(line, family, scales[line.variant.name], notes) for line in family.lines]
    return table(header, rows, right=range(2, len(header)))


def _row(line: Line, family: Family, scale: Scale, notes: Notes) -> list[str]:
    row = line.row
    is_reference = family.comparisons[line.variant.name].reference == row.arm
    difference = line.against_first
    against = "first" if line.variant.name == family.first else MISSING
    shown = {name: figures.mean(line.figures[name]) if name in line.figures else MISSING for name in family.figures}
    ratio = "reference" if is_reference else MISSING if row.ratio is None else figures.ratio(row.ratio)
    return [
        text.code(line.variant.name),
        text.code(row.arm),
        notes.mark(MISSING if row.metric is None else metric(row.metric, scale), row.notes.get("metric")),
        notes.mark(against if difference is None else figures.difference(difference, scale), line.note),
        *shown.values(),
        notes.mark(MISSING if row.step_ms is None else number(row.step_ms), row.notes.get("step_ms")),
        notes.mark(ratio, None if is_reference else row.notes.get("ratio")),
    ]


def statement(expectation: Expectation, scale: Scale) -> str:
    """Return what is expected, as a clause."""
    subject = f"{label(expectation.figure, scale)} of {text.code(expectation.variant)}"
    if expectation.against:
        subject += f" less that of {text.code(expectation.against)}"
    bounds = (("at least", expectation.at_least), ("at most", expectation.at_most))
    asked = " and ".join(f"{word} {_bound(expectation, value, scale)}" for word, value in bounds if value is not None)
    return f"{subject} is {asked}"


def _bound(expectation: Expectation, value: float, scale: Scale) -> str:
    if expectation.figure != "metric":
        return f"{value:g}".replace("-", "−")
    shown = f"{value * scale.factor:g} {scale.difference_unit if expectation.against else scale.unit}"
    return shown.rstrip().replace("-", "−")


def bounds(judgement: Judgement, scale: Scale) -> str | None:
    """Return what an arm measured of what was expected: the estimate with its one-sided bounds; None for nothing."""
    claim = judgement.claim
    if claim is None:
        return None
    ends = [claim.estimate, *([claim.interval.low, claim.interval.high] if claim.interval else [])]
    if judgement.expectation.figure == "metric":
        told = [scale.show(end, signed=bool(judgement.expectation.against)) for end in ends]
    else:
        told = [number(end).replace("-", "−") for end in ends]
    return told[0] + (f" [{told[1]}, {told[2]}]" if claim.interval else "")


def judged(judgement: Judgement, scale: Scale) -> str:
    """Return what an arm says of an expectation: the verdict, then the estimate with its one-sided bounds."""
    shown = f"**{judgement.verdict}**"
    if measured := bounds(judgement, scale):
        shown += f", {measured}"
    return shown + (f" ({text.escape(judgement.note)})" if judgement.note else "")


def _expectations(family: Family) -> str:
    """Return what was expected as a list, and under each what every arm says of it."""
    lines = []
    for expectation in dict.fromkeys(judgement.expectation for judgement in family.judgements):
        scale = Scale.of(family.comparisons[expectation.variant].workload)
        because = text.escape(expectation.because, limit=500)
        lines.append(f"- {_capital(statement(expectation, scale))}, because {because}:")
        answers = [judgement for judgement in family.judgements if judgement.expectation is expectation]
        lines += [f"  - {text.code(answer.arm)}: {judged(answer, scale)}" for answer in answers]
    return "\n".join(lines)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _proof(family: Family) -> str:
    if family.track == "stock":
        return ""
    proofs = [comparison.proof for comparison in family.comparisons.values()]
    if any(proof is None for proof in proofs):
        return "> **UNVERIFIED: nobody asked for proof that these arms compute one function.**"
    worst: dict[str, float] = {}
    for proof in proofs:
        for gate, figure in (proof or {}).items():
            worst[gate] = max(figure, worst.get(gate, 0.0))
    found = figures.proven(worst)
    return f"Proven before the race, worst of all arms and variants: {', '.join(found)}." if found else figures.UNKNOWN


def _health(family: Family) -> str:
    conflicts = [f"{name}: {one}" for name, c in family.comparisons.items() for one in c.health.conflicts]
    if conflicts:
        listed = "".join(f"\n> - {text.escape(conflict)}" for conflict in conflicts)
        return f"> **TRACK BROKEN: the arms of these variants do not compare like with like.**\n>{listed}"
    if family.track == "stock":
        return figures.STOCK
    spreads = [
        c.health.first_loss_spread for c in family.comparisons.values() if c.health.first_loss_spread is not None
    ]
    compared = sum(comparison.health.compared for comparison in family.comparisons.values())
    if not compared:
        return "Whether the arms started alike is unknown: no two arms gave hashes of the same cell."
    what = "parameters, batch orders and data"
    line = f"Matched track: wherever two arms gave hashes of {what} ({compared} times) they agree"
    return line + (f"; first losses differ by at most {max(spreads):.1e} relative." if spreads else ".")


def gap_table(gaps: Sequence[Gap]) -> str:
    """Return what the frameworks' own defaults change, as a table; empty where a run has one track."""
    if not gaps:
        return ""
    header = ["workload", "arm", "matched ± 95 %", "stock ± 95 %", "matched − stock [95 %]", *_STEPS]
    return table(header, map(_gap_row, gaps), right=range(2, len(header)))


_STEPS = ("matched step (ms)", "stock step (ms)")


def _gap_row(gap: Gap) -> Sequence[str]:
    scale = Scale.of(gap.comparison.workload)
    sides = [
        f"{metric(row.metric, scale)} {scale.unit}".rstrip() if row.metric else MISSING
        for row in (gap.matched, gap.stock)
    ]
    steps = [MISSING if row.step_ms is None else number(row.step_ms) for row in (gap.matched, gap.stock)]
    difference = f"{figures.difference(gap.difference, scale)} {scale.difference_unit}".rstrip()
    name = text.code(f"{gap.comparison.workload.name} · {gap.comparison.precision}")
    return [name, text.code(gap.matched.arm), *sides, difference, *steps]
