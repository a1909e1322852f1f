import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_factories import workload

from harness import stats
from harness.report import figures, text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (0.9996, "1.00"),
        (9.996, "10.0"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.4, "1,234"),
        (0.0000123, "1.23e-05"),
        (28_812_094_859.0, "2.88e+10"),
    ],
)
def test_number(value, shown):
    assert text.number(value) == shown


def test_one_line_keeps_both_ends_of_what_is_long():
    trace = "Traceback:\n" + "  frame\n" * 99 + "RuntimeError: boom"
    line = text.one_line(trace)
    assert len(line) == 200
    assert line.startswith("Traceback: frame")
    assert line.endswith("RuntimeError: boom")


def test_one_line_drops_control_characters_and_colours():
    assert text.one_line("\x1b[31mred\x1b[0m\tand\r\nbell\x07") == "red and bell"


def test_escape():
    assert text.escape("a|b `c` <script> \\ [x](y) *b* $m$ &amp; #h ~s~") == (
        r"a\|b \`c\` \<script\> \\ \[x\](y) \*b\* \$m\$ \&amp; \#h \~s\~"
    )
    assert text.escape("run_steps __init__") == r"run_steps \_\_init\_\_"


@given(st.text(st.one_of(st.sampled_from("\\`*_{}[]()<>|#~$&;:!\n a1"), st.characters()), max_size=40))
def test_escaped_text_renders_as_itself_in_a_table_cell(foreign):
    cell = text.escape(foreign)
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(f"| a | b |\n| - | - |\n| {cell} | x |\n")
    cells = re.findall(r"<td>(.*?)</td>", rendered)
    assert [html.unescape(shown) for shown in cells] == [text.one_line(foreign), "x"]


def test_code_gives_up_where_a_code_span_could_break_out():
    assert text.code("keras-jax") == "`keras-jax`"
    assert text.code("a`b|c") == r"a\`b\|c"
    assert text.code("<b>") == r"\<b\>"


def test_accuracy_is_shown_in_per_cent_and_r2_as_it_is():
    accuracy, r2 = figures.Scale.of(workload()), figures.Scale.of(workload(metric="r2"))
    assert figures.metric(stats.mean([0.91, 0.92, 0.93]), accuracy) == "92.00 ± 2.48"
    assert figures.metric(stats.mean([0.5]), r2) == "0.5000"
    assert (accuracy.margin(0.01), r2.margin(0.02)) == ("±1 pp", "±0.02")


def test_differences_have_a_sign_and_zero_has_one_form():
    scale = figures.Scale.of(workload())
    found = stats.difference([0.90, 0.93], [0.93, 0.94], 0.01, paired=True)
    assert figures.difference(found, scale) == "−2.00 [−14.71, +10.71]"
    assert figures.difference(found, scale, short=True) == "−2.00 ± 12.71"
    assert scale.show(-0.000001, signed=True) == "+0.00"


def test_ratio():
    assert figures.ratio(stats.ratio([0.0, 0.1, 0.2])) == "1.11 [0.862, 1.42]"
    assert figures.ratio(stats.ratio([0.0])) == "1.00"


def test_equal_notes_share_a_number():
    notes = figures.Notes()
    assert [notes.mark("–", "x"), notes.mark("2 of 3", "y"), notes.mark("–", "x"), notes.mark("3", None)] == [
        "– (1)",
        "2 of 3 (2)",
        "– (1)",
        "3",
    ]
