"""``docs/exports.md`` quotes records; what it quotes stands in them."""

import itertools
import re
from pathlib import Path

from harness.exports.filed import NEWEST
from harness.exports.trials import BOUND
from harness.report import exports
from harness.schema import Exports
from harness.store import envelope

HOME = Path(__file__).resolve().parents[2]
PAGE = (HOME / "docs" / "exports.md").read_text(encoding="utf-8")
RECORDS = [
    Exports.model_validate(envelope.read(path, newest=NEWEST))
    for path in (HOME / "results" / "reference" / "exports").glob("*.json")
]


def told(one, trial):
    figures = (
        "–" if trial.error is None else f"{trial.error:.1e}",
        {True: "free", False: "fixed", None: "–"}[trial.free_batch],
        "–" if trial.bytes is None else f"{trial.bytes / 1000:,.1f}",
        "–" if trial.seconds is None else f"{trial.seconds:.1f}",
    )
    return f"| `{one.workload}` | `{one.arm}` | `{trial.form}` | {trial.outcome} | {' | '.join(figures)} |"


def test_the_table_is_that_of_the_records():
    _, table = PAGE.split(f"| {' | '.join(exports.sheet([]).header)} |\n|---", maxsplit=1)
    rows = itertools.takewhile(lambda line: line.startswith("|"), table.splitlines()[1:])
    assert sorted(rows) == sorted(told(one, trial) for one in RECORDS for trial in one.trials)


def test_the_largest_error_and_the_bound_are_those_of_the_records():
    largest = max(trial.error for one in RECORDS for trial in one.trials if trial.error is not None)
    assert f"are off by {largest:.1e} at most" in PAGE
    assert {one.bound for one in RECORDS} == {BOUND}
    assert "The bound is 1e-4." in PAGE


def test_every_version_that_the_page_names_is_of_the_records():
    versions = {text for one in RECORDS for text in (*one.versions.values(), *one.packages.values())}
    named = re.findall(r"(?:PyTorch|Keras|TensorFlow|JAX|onnx\w*|tf2onnx)\s(\d+\.\d+\.\d+)", PAGE)
    assert len(named) == 8
    assert {*named} <= {text.partition("+")[0] for text in versions}
