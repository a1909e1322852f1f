"""``docs/differences.md`` says what is measured now."""

import re

import pytest

from harness import differences


@pytest.fixture(scope="module")
def measured():
    return differences.measure()


@pytest.fixture(scope="module")
def rows(measured):
    sections, _ = measured
    return [done for section in sections.values() for done in section]


def test_the_page_is_what_is_measured(measured):
    assert differences.page(*measured) == differences.PAGE.read_text(encoding="utf-8"), "make differences renews it"


def test_every_row_differs_by_default_and_no_longer_in_the_pairs(rows):
    assert [done.row.name for done in rows if not done.default > 1e-5] == []
    assert [done.row.name for done in rows if not (done.row.left or done.reconciled < 1e-5)] == []
    assert [done.row.name for done in rows if not all(done.says)] == []


def test_what_is_said_to_be_alike_is(measured):
    _, alike = measured
    assert list(alike) == list(differences.ALIKE)
    assert [name for name, difference in alike.items() if not difference < 1e-6] == []


def test_what_has_no_row_is_dealt_with_in_files_that_exist():
    home = differences.PAGE.parents[1]
    assert [path for left in differences.LEFT for path in left.where if not (home / path).is_file()] == []
    assert all(left.where for left in differences.LEFT)


def test_every_exercise_has_its_row():
    named = {row.name for rows in differences.SECTIONS.values() for row in rows} | set(differences.ALIKE)
    for half in ("models_torch", "models_keras"):
        folder = differences.PAGE.parents[1] / half / "exercises" / "differences"
        files = [path for path in sorted(folder.glob("*.py")) if path.name != "parts.py"]  # which has no rows
        source = "\n".join(path.read_text(encoding="utf-8") for path in files)
        assert set(re.findall(r"^def ([a-z]\w*)\(", source, flags=re.MULTILINE)) == named
