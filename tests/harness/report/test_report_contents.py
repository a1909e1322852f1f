"""The table of contents: every heading has an anchor of its own, every anchor a link, and every link an anchor."""

import itertools
import re

import dashboard_runs
import pytest
from golden_runs import FOLDER, recorded

from harness.report import markdown
from harness.report.contents import Contents
from harness.report.plots import Pictures

OWN = "## Contents"


def written(page):
    """Return the lines of a page that are Markdown: not those of its code blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL).splitlines()


def anchored(page):
    """Return anchor, level and heading of every heading, in order; None for the anchor of one that has none."""
    lines = written(page)
    found = []
    for before, line in itertools.pairwise(lines):
        if mark := re.fullmatch(r"(##+) (.+)", line):
            anchor = re.fullmatch(r'<a id="([^"<>]+)"></a>', before)
            found.append((anchor and anchor[1], len(mark[1]), mark[2]))
    return [one for one in found if one != (None, 2, "Contents")]


def listed(page):
    """Return the same of the table of contents."""
    lines = re.search(r"^## Contents\n\n(.+?)\n\n", page, re.MULTILINE | re.DOTALL)[1].splitlines()
    links = [re.fullmatch(r"( *)- \[(.+)\]\(#(\S+)\)", line) for line in lines]
    return [(link[3], 2 + len(link[1]) // 2, link[2]) for link in links]


def of(summary):
    return markdown.render(summary, Pictures({}, None))


PAGES = {
    **{path.stem: lambda path=path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")},
    "wide": lambda: of(dashboard_runs.wide()),
    "hostile": lambda: of(dashboard_runs.hostile()),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_contents_have_every_heading_and_every_link_leads_somewhere(name):
    page = PAGES[name]()
    headings = anchored(page)
    assert len(headings) >= 9
    assert listed(page) == headings
    anchors = [anchor for anchor, _, _ in headings]
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([^)]+)\)", "\n".join(written(page)))) == set(anchors)


def test_the_summary_comes_before_the_contents():
    page = PAGES["verdicts"]()
    assert page.index("## Summary") < page.index(OWN) < page.index("## mlp_digits · fp32")


def test_an_anchor_is_the_same_whatever_else_is_in_a_report():
    few = anchored(PAGES["one_arm"]())
    many = anchored(of(recorded("quick").summary()))
    assert [anchor for anchor, _, heading in few if heading == "mlp_digits · fp32"] == ["mlp_digits-fp32"]
    assert {anchor: heading for anchor, _, heading in few}.items() <= {a: heading for a, _, heading in many}.items()


def test_headings_that_sound_alike_have_anchors_of_their_own():
    contents = Contents()
    names = ["a · b", "a | b", "A b", "數字-ключ", '"><script>', "· · ·"]
    anchors = [re.search(r'id="(.+?)"', contents.heading(name))[1] for name in names]
    assert anchors == ["a-b", "a-b-2", "a-b-3", "數字-ключ", "script", "part"]
    assert contents.listing().splitlines()[1] == "- [a | b](#a-b-2)"
