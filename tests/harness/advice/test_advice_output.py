"""What readers get: the same figures in every form, and no name that becomes anything but text."""

import re
from html.parser import HTMLParser

import dashboard_runs
import pytest
from advice_runs import RIVAL, pair, records, reference, summary
from rich.console import Console

from harness.advice import output, page, sheet
from harness.advice.advice import advise
from harness.advice.criteria import CRITERIA
from harness.advice.weighting import Weighting

WEIGHTS = Weighting(title="tests", why="For <b>tests</b>.", weights={"speed": 3, "memory": 1, "inference": 2})
RUNS = {"pair": lambda: pair(memory=0.5), "wide": dashboard_runs.wide, "hostile": dashboard_runs.hostile} | {
    kind: lambda kind=kind: dashboard_runs.thin(kind) for kind in dashboard_runs.THIN
}
VOID = {"meta", "link"}


class Reader(HTMLParser):
    """Collects elements, those left open, the text of the page, and cells of tables by row."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text, self.rows = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if "style" in self.open:
            return
        self.text.append(text)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += text


def shown(found, weights=WEIGHTS):
    return sheet.lay_out(advise(found, weights))


def test_every_criterion_shows_figure_rule_and_weight():
    text = output.markdown(shown(pair(memory=0.5)))
    for criterion in CRITERIA.values():
        assert f"\n| {criterion.title} " in text
        assert f"\n- **{criterion.title}**: " in text
    assert "| Train step            |      3 |  75.0 % |" in text
    assert " 1.00 × → 1.000 |" in text
    assert " 400 MiB → 0.500 |" in text
    assert "| Forward pass          |      2 | no part |" in text
    assert "Here: not measured: the suite races no forward passes (scopes: \\[step, inference\\])." in text
    row = next(
        line for line in output.markdown(shown(pair(spread=0.1))).splitlines() if line.startswith("| Train step ")
    )
    assert re.search(r" [\d.]+ \\\[[\d.]+, [\d.]+\\\] × → ", row)  # no link
    assert text.startswith("# Advice from run `quick-1`: tests\n\nFor \\<b\\>tests\\</b\\>.\n")


def test_the_terminal_shows_sentences_and_scores():
    console = Console(width=160)
    with console.capture() as printed:
        console.print(output.console(shown(pair(memory=0.5))))
    text = printed.get()
    assert "For tests torch comes first with 0.875 of 1" in text
    assert "400 MiB → 0.500" in text


def test_a_program_gets_numbers():
    found = advise(pair(memory=0.5), WEIGHTS)
    told = output.document(found, sheet.lay_out(found))
    assert told["leaders"] == ["torch"]
    assert told["totals"] == pytest.approx({"torch": 0.875, RIVAL: 0.625})
    assert told["criteria"]["memory"]["arms"][RIVAL]["value"] == 1.0
    assert told["criteria"]["inference"]["without_part"].startswith("the suite races no forward passes")
    assert told["flips"][0]["criterion"] == "memory"
    assert told["flips"][0]["after"] == pytest.approx(1.455 / 0.53)


def test_the_page_has_the_cells_of_the_sheet():
    made = shown(pair(memory=0.5))
    read = Reader(page.render(made))
    assert [list(row) for row in made.rows] == [row for row in read.rows if row[0] in {row[0] for row in made.rows}]
    assert ["Total", "4", "100 %", "0.875", "0.625"] in read.rows


@pytest.mark.parametrize("kind", RUNS)
def test_the_page_is_whole_and_has_no_script_and_calls_nobody(kind):
    text = page.render(shown(RUNS[kind]()))
    read = Reader(text)
    assert read.open == []
    tags = {tag for tag, _ in read.elements}
    assert not tags & {"script", "img", "iframe", "object", "b"}
    assert [tag for tag, _ in read.elements].count("style") == 1
    (policy,) = [a["content"] for _, a in read.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    addresses = {a[name] for _, a in read.elements for name in ("src", "href", "action") if name in a}
    ids = {f"#{a['id']}" for _, a in read.elements if "id" in a}
    assert addresses <= ids | {"data:,"}
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("kind", RUNS)
def test_every_run_has_a_verdict_or_a_reason(kind):
    found = advise(RUNS[kind](), WEIGHTS)
    assert (found.verdict is None) == (found.reason is not None)
    text = output.markdown(sheet.lay_out(found))
    assert ("**No verdict**" in text) == (found.verdict is None)
    assert not re.search(r"\bnan\b", text)
    output.document(found, sheet.lay_out(found))


def test_hostile_names_arrive_as_text():
    found = shown(dashboard_runs.hostile())
    script, *_ = dashboard_runs.HOSTILE
    assert script in "".join(Reader(page.render(found)).text)
    text = output.markdown(found)
    assert "<script" not in text.replace("\\<script", "")
    header, rule, *rows = [line for line in text.splitlines() if line.startswith("|")][: len(CRITERIA) + 2]
    columns = [line.replace("\\|", "").count("|") for line in (header, rule, *rows)]
    assert len(set(columns)) == 1


def test_every_fact_has_its_answers_once_with_the_arms_that_share_them():
    arms = ("torch", RIVAL, "keras-torch")
    three = [*reference("mlp_digits"), *records("mlp_digits"), *records("mlp_digits", arm="keras-torch")]
    advice = advise(summary(three, arms=arms), WEIGHTS)
    sources = sheet.lay_out(advice).sources
    for line in advice.facts:
        mine = [source for source in sources if source.question == line.fact.question]
        assert sorted(arm for source in mine for arm in source.arms.split(", ")) == sorted(arms)
        assert len({(source.says, source.source) for source in mine}) == len(mine)
        for source in mine:
            assert {line.answers[arm].says for arm in source.arms.split(", ")} == {source.says}
    assert any(", " in source.arms for source in sources)
