import pytest

from harness.dashboard.inline import paragraphs, plain, runs
from harness.report import text


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("plain", ["plain"]),
        ("a **look, no** b", ["a ", ("look, no", 1), " b"]),
        ("of `torch`, 3", ["of ", ("torch", 2), ", 3"]),
        ("**broken on `a · b`:** c", [("broken on ", 1), ("a · b", 3), (":", 1), " c"]),
        ("a\\*\\*b \\<c\\> \\\\", ["a**b <c> \\"]),
        ("", []),
    ],
)
def test_what_the_report_writes_is_read(markdown, found):
    assert runs(markdown) == found


@pytest.mark.parametrize("foreign", ["<script>x</script>", "**a** _b_ `c` | \\d", "&amp; [e](f) > g", "數 字"])
def test_what_the_report_escapes_comes_back_as_it_was(foreign):
    assert runs(text.escape(foreign)) == [foreign]
    assert plain(f"{text.code(foreign)} **end**") == f"{foreign} end"


def test_a_quote_is_told_without_its_marks():
    quoted = "> **BROKEN: x**\n>\n> - data, seed 0: a in b\n> - more"
    assert paragraphs(quoted) == [[("BROKEN: x", 1)], ["data, seed 0: a in b"], ["more"]]
