"""The reference results that documents quote: whole, made by our own report, and within what was published."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from harness import registry, report
from harness.contract import Outcome
from harness.report.summary import summarize
from harness.store.folder import RunFolder

REFERENCE = Path(__file__).resolve().parents[2] / "results" / "reference"
RACED = {"torch", "keras-tensorflow", "keras-jax", "keras-torch"}
PUBLISHED = {
    "softmax_mnist1d": (0.30, 0.33, 410),
    "mlp_mnist1d": (0.60, 0.68, 15_210),
    "cnn_mnist1d": (0.92, 0.96, 5_210),
    "gru_mnist1d": (0.88, 0.93, 5_134),
}


def runs():
    return sorted(str(path.parent.relative_to(REFERENCE)) for path in REFERENCE.rglob("run.json"))


def test_the_references_are_there():
    assert {"quick", "cpu", "mnist1d_paper"} <= set(runs())


@pytest.mark.parametrize("name", runs())
def test_the_report_is_what_its_records_say(name, tmp_path):
    folder = RunFolder(REFERENCE / name)
    records, quarantined = folder.read_records()
    assert quarantined == []
    workloads = registry.workloads() | registry.variants()
    summary = summarize(folder.read_manifest(), records, workloads, registry.techniques())
    written = report.write(tmp_path, summary)
    assert written.read_text(encoding="utf-8") == (folder.path / "report.md").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.glob("*.png")} == {path.name for path in folder.path.glob("*.png")}


def test_quick_raced_every_arm_on_every_workload():
    folder = RunFolder(REFERENCE / "quick")
    records, _ = folder.read_records()
    suite = folder.read_manifest().suite
    timed = {(r.cell.workload, r.cell.arm, r.cell.index) for r in records if r.timing and r.outcome is Outcome.OK}
    names = {choice.name for choice in suite.workloads}
    assert timed == {(name, arm, launch) for name in names for arm in RACED for launch in range(suite.launches)}


def test_cpu_has_what_a_verdict_takes_within_four_hours():
    folder = RunFolder(REFERENCE / "cpu")
    records, _ = folder.read_records()
    manifest = folder.read_manifest()
    suite = manifest.suite
    done = [record for record in records if record.outcome is Outcome.OK]
    timed, trained = defaultdict(set), defaultdict(set)
    for record in done:
        (timed if record.timing else trained)[record.cell.workload, record.cell.precision, record.cell.arm].add(
            record.cell.index
        )
    asked = {(one.name, kind) for one in suite.workloads for kind in one.precisions or suite.precisions}
    assert sum(kind == "bf16" for _, kind in asked) == 3
    assert timed == {(*what, arm): set(range(8)) for what in asked for arm in RACED}
    raced = {key: seeds for key, seeds in trained.items() if key[2] in RACED}
    assert raced == {(*what, arm): set(range(5)) for what in asked for arm in RACED}
    begun = datetime.fromisoformat(manifest.created)
    ended = max(datetime.fromisoformat(one.started) + timedelta(seconds=one.seconds) for one in records)
    assert ended - begun <= timedelta(hours=4)


def test_mnist1d_under_the_papers_protocol():
    records, _ = RunFolder(REFERENCE / "mnist1d_paper").read_records()
    done = {(r.cell.workload, r.cell.arm, r.cell.seed): r for r in records if r.outcome is Outcome.OK}
    assert done.keys() == {(name, arm, seed) for name in PUBLISHED for arm in RACED for seed in range(3)}
    assert {r.cell.epochs * 40 for r in done.values()} == {6000}
    for name, (least, most, parameters) in PUBLISHED.items():
        assert {r.parameters for (workload, _, _), r in done.items() if workload == name} == {parameters}
        for arm in RACED:
            mean = statistics.fmean(done[name, arm, seed].accuracy.metric for seed in range(3))
            assert least <= mean <= most, (name, arm)


@pytest.mark.parametrize("name", runs())
def test_all_arms_began_with_the_same_parameters_and_data(name):
    records, _ = RunFolder(REFERENCE / name).read_records()
    begun = {}
    for record in records:
        if record.initial_sha256 and record.cell.track == "matched":
            cell = record.cell
            begun.setdefault((cell.workload, cell.precision, cell.scope, cell.seed), set()).add(
                (record.initial_sha256, record.dataset_sha256)
            )
    assert begun
    assert {known: len(hashes) for known, hashes in begun.items() if len(hashes) != 1} == {}
