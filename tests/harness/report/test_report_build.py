import re

import pytest
from report_factories import manifest, whole_run, workload

from harness import report
from harness.report.summary import summarize


def summary(records):
    return summarize(manifest(), records, {"mlp_digits": workload()})


def test_the_report_and_every_picture_it_shows_are_written(tmp_path):
    path = report.write(tmp_path, summary(whole_run()))
    assert path == tmp_path / "report.md"
    pictures = re.findall(r"!\[.*\]\((.+)\)", path.read_text(encoding="utf-8"))
    assert len(pictures) == 2
    assert {p.name for p in tmp_path.iterdir()} == {"report.md", *pictures}


def test_an_older_report_is_replaced(tmp_path):
    first = report.write(tmp_path, summary(whole_run())).read_text(encoding="utf-8")
    again = report.write(tmp_path, summary(list(reversed(whole_run())))).read_text(encoding="utf-8")
    other = report.write(tmp_path, summary(whole_run(ratio=3.0))).read_text(encoding="utf-8")
    assert first == again
    assert first != other


def test_a_missing_folder_fails_plainly(tmp_path):
    with pytest.raises(OSError, match="gone"):
        report.write(tmp_path / "gone", summary([]))
