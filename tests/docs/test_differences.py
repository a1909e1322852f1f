"""``docs/differences.md`` says what is measured now."""

import re

import pytest

from harness import differences


@pytest.fixture(scope="module")
def measured():
    return differences.measure()


def test_the_page_is_what_is_measured(measured):
    assert differences.page(measured) == differences.PAGE.read_text(encoding="utf-8"), "make differences renews it"


def test_every_row_differs_by_default_and_no_longer_in_the_pairs(measured):
    rows = [done for section in measured.values() for done in section]
    assert [done.row.name for done in rows if not done.default > 1e-5] == []
    assert [done.row.name for done in rows if done.reconciled is not None and not done.reconciled < 1e-5] == []
    assert [done.row.name for done in rows if not all(done.says)] == []


def test_every_exercise_has_its_row():
    named = {row.name for rows in differences.SECTIONS.values() for row in rows}
    for half in ("models_torch", "models_keras"):
        folder = differences.PAGE.parents[1] / half / "exercises" / "differences"
        files = [path for path in sorted(folder.glob("*.py")) if path.name != "parts.py"]  # which has no rows
        source = "\n".join(path.read_text(encoding="utf-8") for path in files)
        assert set(re.findall(r"^def ([a-z]\w*)\(", source, flags=re.MULTILINE)) == named
