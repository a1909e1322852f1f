"""Advice as one HTML file in the dashboard's style: no script, nothing from outside."""

from __future__ import annotations

from markupsafe import Markup

from harness.advice.output import HEADER
from harness.advice.sheet import Sheet
from harness.dashboard.facets import named
from harness.dashboard.inline import runs
from harness.dashboard.page import digest, own, templates
from harness.report.text import one_line

SECTIONS = (
    ("verdict", "Verdict"),
    ("criteria", "Criteria"),
    ("rules", "How each is scored"),
    ("ecosystem", "Facts about the frameworks"),
)

_TEMPLATES = templates("harness.advice")


def render(sheet: Sheet) -> str:
    """Return the whole page."""
    style = own("report.css")
    return _TEMPLATES.get_template("advice.html.j2").render(
        run=named(sheet.run),
        title=named(sheet.title),
        why=one_line(sheet.why, 500),
        sections=[section for section in SECTIONS if section[0] != "ecosystem" or sheet.facts],
        sentences=[runs(sentence) for sentence in sheet.sentences],
        header=HEADER,
        arms=[named(arm) for arm in sheet.arms],
        rows=[[one_line(cell) for cell in row] for row in sheet.rows],
        rules=[
            (rule.criterion.title, rule.criterion.measured, rule.criterion.score, one_line(rule.about, 800))
            for rule in sheet.rules
        ],
        facts=sheet.facts,
        sources=sheet.sources,
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=digest(style),
    )
