import re

import pytest
from report_factories import manifest, whole_run, workload

from harness import report


def test_build_writes_a_report_and_every_picture_it_shows(tmp_path):
    path = report.build(tmp_path, manifest=manifest(), records=whole_run(), workloads={"mlp_digits": workload()})
    assert path == tmp_path / "report.md"
    pictures = re.findall(r"!\[.*\]\((.+)\)", path.read_text(encoding="utf-8"))
    assert len(pictures) == 2
    assert {p.name for p in tmp_path.iterdir()} == {"report.md", *pictures}


def test_build_replaces_an_older_report(tmp_path):
    given = {"manifest": manifest(), "workloads": {"mlp_digits": workload()}}
    first = report.build(tmp_path, records=whole_run(), **given).read_text(encoding="utf-8")
    again = report.build(tmp_path, records=list(reversed(whole_run())), **given).read_text(encoding="utf-8")
    other = report.build(tmp_path, records=whole_run(ratio=3.0), **given).read_text(encoding="utf-8")
    assert first == again
    assert first != other


def test_build_into_a_missing_folder_fails_plainly(tmp_path):
    with pytest.raises(OSError, match="gone"):
        report.build(tmp_path / "gone", manifest=manifest(), records=[], workloads={"mlp_digits": workload()})
