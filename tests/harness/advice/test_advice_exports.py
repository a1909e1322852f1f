"""What exports on file say in an advice, and what they do not."""

import json
import shutil
from pathlib import Path

import pytest
from advice_runs import RIVAL, pair
from report_factories import exports

from harness.advice.advice import advise
from harness.advice.conduct import export
from harness.advice.ground import Ground
from harness.advice.weighting import Weighting
from harness.exports import filed
from harness.store.folder import RunFolder

RECORDED = Path(__file__).resolve().parents[3] / "results" / "reference" / "quick"


def found(*on_file):
    return export(Ground.of(pair(), on_file))


def test_the_share_is_of_all_forms_that_any_arm_tried():
    told = found(
        exports("torch", {"torch_export": "ok", "onnx": "ok"}),
        exports(RIVAL, {"saved_model": "ok", "onnx": "fixed", "litert": "failed", "torch_export": "wrong"}),
    )
    assert {arm: score.value for arm, score in told.scores.items()} == {"torch": 0.5, RIVAL: 0.25}
    assert told.shown == {"torch": "2 of 4 exports", RIVAL: "1 of 4 exports"}
    assert told.about == "mlp_digits; every form that an arm offers was tried"


def test_what_lacked_a_package_is_named():
    told = found(
        exports("torch", {"torch_export": "ok", "onnx": "unsupported"}), exports(RIVAL, {"saved_model": "failed"})
    )
    assert {arm: score.value for arm, score in told.scores.items()} == {"torch": 0.5, RIVAL: 0.0}
    assert told.about == "mlp_digits; not tried, for want of a package: torch onnx"


def test_only_workloads_that_all_ranked_arms_were_exported_of_are_counted():
    told = found(
        exports("torch", {"onnx": "ok"}),
        exports(RIVAL, {"onnx": "ok"}),
        exports("torch", {"onnx": "wrong"}, workload="lenet_mnist5k"),
        exports(RIVAL, {"onnx": "unsupported"}, workload="lenet_mnist5k"),
    )
    assert told.shown == {"torch": "1 of 1 exports", RIVAL: "1 of 1 exports"}
    assert told.workloads == (1, 2)


@pytest.mark.parametrize(
    ("on_file", "said"),
    [
        ((), "no exports of these arms in these versions are on file; see `twinbench exports`"),
        ((exports("keras-torch", {"onnx": "ok"}),), "no exports of these arms"),
        ((exports("torch", {"onnx": "unsupported"}),), "no exports of these arms"),
        ((exports("torch", {"onnx": "ok"}),), f"no exports of {RIVAL} in these versions are on file"),
        (
            (exports("torch", {"onnx": "ok"}), exports(RIVAL, {"onnx": "ok"}, workload="lenet_mnist5k")),
            "no workload on file has exports of all ranked arms",
        ),
    ],
)
def test_without_evidence_of_every_arm_it_takes_no_part(on_file, said):
    told = advise(pair(), Weighting(weights={"speed": 1, "export": 1}), on_file)
    assert told.without_part["export"].startswith(said)
    assert "export" not in told.verdict.standing.weights


def test_exports_decide_where_nothing_else_counts():
    on_file = exports("torch", {"onnx": "failed", "torch_export": "ok"}), exports(RIVAL, {"onnx": "ok", "litert": "ok"})
    told = advise(pair(), Weighting(weights={"export": 1}), on_file)
    assert told.verdict.standing.leaders == (RIVAL,)
    assert dict(told.verdict.standing.totals) == {"torch": pytest.approx(1 / 3), RIVAL: pytest.approx(2 / 3)}


def test_the_command_takes_the_last_on_file_of_the_runs_versions(twinbench, tmp_path):
    run = shutil.copytree(RECORDED, tmp_path / "run")
    versions = {status.name: status.versions for status in RunFolder(run).read_manifest().arms}
    arms = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")
    for arm in arms:
        filed.write(tmp_path, exports(arm, {"onnx": "ok" if arm == "torch" else "failed"}, versions=versions[arm]))
        later = {"created": "2026-03-01T00:00:00Z", "versions": {**versions[arm], "other": "9"}}
        filed.write(tmp_path, exports(arm, {"onnx": "ok"}, **later))
    asked = ("advise", str(run), "--profile", "edge", "--results", str(tmp_path), "--json")
    criterion = json.loads(twinbench(*asked).out)["criteria"]["export"]
    assert criterion["without_part"] is None
    assert {arm: one["value"] for arm, one in criterion["arms"].items()} == {arm: float(arm == "torch") for arm in arms}
    assert criterion["arms"]["torch"]["figure"] == "1 of 1 exports"
