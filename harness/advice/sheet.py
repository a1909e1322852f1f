"""Advice laid out: sentences and tables as cells of plain text, the same for a terminal, Markdown and HTML."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.advice.advice import Advice
from harness.advice.criteria import Criterion
from harness.advice.ecosystem import Answer
from harness.advice.finding import Finding
from harness.advice.sentences import sentences
from harness.report.figures import MISSING


@dataclass(frozen=True)
class Rule:
    """How one criterion is scored, for a reader.

    Attributes:
        about: What the figures come from, or why there are none.
    """

    criterion: Criterion
    about: str


@dataclass(frozen=True)
class Source:
    """Where an answer to a question comes from.

    Attributes:
        arms: Those that it is about.
    """

    question: str
    arms: str
    holds: str
    says: str
    source: str
    seen: str


@dataclass(frozen=True)
class Sheet:
    """All that a reader is shown.

    Attributes:
        sentences: Markdown.
        rows: Of every criterion: title, weight as given, its share of those that take part, and for each arm figure and
            score; the last row has the totals.
        facts: Question, and for each arm yes or no.
    """

    run: str
    title: str
    why: str
    sentences: Sequence[str]
    arms: Sequence[str]
    rows: Sequence[Sequence[str]]
    rules: Sequence[Rule]
    facts: Sequence[Sequence[str]]
    sources: Sequence[Source]


def lay_out(advice: Advice) -> Sheet:
    """Return what a reader is shown."""
    arms = advice.ground.arms
    return Sheet(
        run=advice.summary.manifest.run,
        title=advice.weighting.title,
        why=advice.weighting.why,
        sentences=sentences(advice),
        arms=arms,
        rows=[*(_row(advice, name, finding) for name, finding in advice.findings.items()), *_totals(advice)],
        rules=[
            Rule(finding.criterion, _about(finding, advice.without_part.get(name)))
            for name, finding in advice.findings.items()
        ],
        facts=[[line.fact.question, *(_yes(line.answers[arm].holds) for arm in arms)] for line in advice.facts],
        sources=list(_sources(advice)),
    )


def _row(advice: Advice, name: str, finding: Finding) -> list[str]:
    weight = advice.weighting.of(name)
    takes_part = advice.verdict is not None and name not in advice.without_part
    share = f"{100 * weight / _whole(advice):.1f} %" if takes_part else "no part"
    return [
        finding.criterion.title,
        f"{weight:g}",
        share,
        *(
            f"{finding.shown[arm]} → {finding.scores[arm].value:.3f}" if arm in finding.shown else MISSING
            for arm in advice.ground.arms
        ),
    ]


def _whole(advice: Advice) -> float:
    """Return the weights of the criteria that take part."""
    return math.fsum(advice.verdict.standing.weights.values()) if advice.verdict else 0.0


def _totals(advice: Advice) -> Iterator[list[str]]:
    if advice.verdict:
        totals = advice.verdict.standing.totals
        yield ["Total", f"{_whole(advice):g}", "100 %", *(f"{totals[arm]:.3f}" for arm in advice.ground.arms)]


def _about(finding: Finding, without_part: str | None) -> str:
    if finding.reason is not None:
        return f"not measured: {finding.reason}"
    return finding.about if without_part is None else f"{finding.about}; takes no part: {without_part}"


def _sources(advice: Advice) -> Iterator[Source]:
    """Yield every answer once, with the arms that share it."""
    for line in advice.facts:
        answers: list[Answer] = []
        for answer in line.answers.values():
            if answer not in answers:
                answers.append(answer)
        for answer in answers:
            arms = ", ".join(arm for arm, own in line.answers.items() if own == answer)
            yield Source(
                line.fact.question, arms, _yes(answer.holds), answer.says, answer.source, answer.seen.isoformat()
            )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
