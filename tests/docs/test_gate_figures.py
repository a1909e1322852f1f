"""What docs/gate.md says of the gate's alarms is what results/reference/gate_power.json has."""

import json
from pathlib import Path

from benchmarks import gate_power
from harness.gate import baseline
from harness.matrix import read_suite

HOME = Path(__file__).resolve().parents[2]
PAGE = (HOME / "docs" / "gate.md").read_text(encoding="utf-8")
FOUND = json.loads((HOME / "results" / "reference" / "gate_power.json").read_text(encoding="utf-8"))["sizes"]


def test_the_table_is_that_of_the_figures():
    table = "\n".join([gate_power.HEADER, *map(gate_power.line, FOUND)])
    assert table in PAGE


def test_the_figures_are_of_the_suite_and_of_the_baseline_on_file():
    suite = read_suite("ci")
    known = baseline.read(HOME / "results" / "baselines" / "ci.json")
    counts = {(entry.log_ratio.count, entry.metric.count) for entry in known.entries if entry.log_ratio}
    assert counts == {gate_power.ON_FILE}
    assert [suite.launches, suite.seeds] in [[one["launches"], one["seeds"]] for one in FOUND]
