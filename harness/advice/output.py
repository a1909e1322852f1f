"""Advice as people and machines read it: a table for the terminal, Markdown, JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.advice.advice import Advice
from harness.advice.finding import Finding
from harness.advice.sheet import Sheet
from harness.dashboard.inline import plain
from harness.report import text
from harness.report.tables import table

HEADER = ("criterion", "weight", "share")


def console(sheet: Sheet) -> RenderableType:
    """Return sentences and scores for the terminal."""
    shown = Table(box=None, pad_edge=False)
    for name in HEADER:
        shown.add_column(name, justify="left" if name == "criterion" else "right")
    for arm in sheet.arms:
        shown.add_column(Text(text.one_line(arm, 20)), justify="right")
    for row in sheet.rows:
        shown.add_row(*(Text(text.one_line(cell)) for cell in row), style="bold" if row[0] == "Total" else None)
    return Group(*(Text(plain(sentence)) for sentence in sheet.sentences), Text(), shown)


def markdown(sheet: Sheet) -> str:
    """Return all of it as GitHub shows it."""
    arms = [text.code(arm) for arm in sheet.arms]
    scores = table(
        [*HEADER, *arms],
        ([text.escape(cell) for cell in row] for row in sheet.rows),
        right=range(1, 3 + len(arms)),
    )
    parts = [
        f"# Advice from run {text.code(sheet.run)}: {text.escape(sheet.title)}",
        text.escape(sheet.why, 500),
        "\n".join(f"- {sentence}" for sentence in sheet.sentences),
        "## Criteria",
        "For every arm its figure, and the score that comes of it. A dash: not measured, or not of this arm.",
        scores,
        "## How each is scored",
        "\n".join(
            f"- **{text.escape(rule.criterion.title)}**: {text.escape(rule.criterion.measured, 500)}. Score: "
            f"{text.escape(rule.criterion.score, 500)}. Here: {text.escape(rule.about, 800)}."
            for rule in sheet.rules
        ),
    ]
    if sheet.facts:
        parts += [
            "## Facts about the frameworks",
            table(["question", *arms], ([text.escape(cell) for cell in row] for row in sheet.facts)),
            table(
                ["question", "arms", "answer", "says", "source", "seen"],
                ([text.escape(cell) for cell in dataclasses.astuple(source)] for source in sheet.sources),
            ),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def document(advice: Advice, sheet: Sheet) -> dict[str, Any]:
    """Return all of it for JSON."""
    verdict = advice.verdict
    return {
        "run": sheet.run,
        "weights": advice.weighting.model_dump(mode="json"),
        "sentences": [plain(sentence) for sentence in sheet.sentences],
        "reason": advice.reason,
        "leaders": list(verdict.standing.leaders) if verdict else [],
        "totals": dict(verdict.standing.totals) if verdict else {},
        "flips": [dataclasses.asdict(flip) for flip in verdict.flips] if verdict else [],
        "intervals": dataclasses.asdict(verdict.shaken) if verdict else None,
        "criteria": {
            name: _criterion(finding, advice.weighting.of(name), advice.without_part.get(name))
            for name, finding in advice.findings.items()
        },
        "unranked": dict(advice.unranked),
        "facts": [
            line.fact.model_dump(mode="json") | {"arms": {arm: answer.holds for arm, answer in line.answers.items()}}
            for line in advice.facts
        ],
    }


def _criterion(finding: Finding, weight: float, without_part: str | None) -> dict[str, Any]:
    return {
        "weight": weight,
        "without_part": without_part,
        "measured": finding.criterion.measured,
        "rule": finding.criterion.score,
        "about": finding.about,
        "arms": {
            arm: {"figure": finding.shown[arm], **dataclasses.asdict(score)} for arm, score in finding.scores.items()
        },
    }
