"""What large runs cost is a bound, not a remark: the benchmark fails when a figure is above its goal."""

import json

import pytest

from benchmarks import report_sizes
from benchmarks.report_sizes import Case


@pytest.mark.parametrize(
    ("cpu_s", "mib", "most_mib", "status"),
    [
        (2.9, 100.0, None, 0),
        (3.1, 100.0, None, 1),
        (2.9, 100.0, 99.0, 1),
        (2.9, 100.0, 101.0, 0),
    ],
)
def test_a_figure_above_its_goal_fails(monkeypatch, tmp_path, capsys, cpu_s, mib, most_mib, status):
    file = tmp_path / "sizes.json"
    monkeypatch.setattr("sys.argv", ["report_sizes", str(file)])
    monkeypatch.setattr(report_sizes, "CASES", (Case("fine", ("index",), 10, False, 3), Case("?", (), 10, False, 3)))
    figures = iter([{"cpu_s": 1.0, "mib": 1.0, "most_mib": None}, {"cpu_s": cpu_s, "mib": mib, "most_mib": most_mib}])
    monkeypatch.setattr(report_sizes, "measure", lambda case, folder: {**next(figures), "most_cpu_s": case.cpu_s})
    with pytest.raises(SystemExit) as ended:
        report_sizes.main()
    assert int(ended.value.code) == status
    assert capsys.readouterr().out.count("EXCEEDED") == status
    assert len(json.loads(file.read_text())["found"]) == 2  # written all the same


def test_a_command_that_needs_more_than_its_goal_is_measured_so(tmp_path):
    """A true measurement, of a run of ten records: no goal of nothing can be kept."""
    case = Case("check", ("check", "{run}", "--baseline", "{baseline}"), 10, True, 0.0)
    found = report_sizes.measure(case, tmp_path)
    assert found["cpu_s"] > 0
    assert report_sizes.exceeded(found)
