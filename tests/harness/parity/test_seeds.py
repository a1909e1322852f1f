"""Gates over seeds: the worst of each is shown, bands are measured from them, and ``forward`` is held to its band."""

import json
import math

import pytest

from harness import registry
from harness.parity import bands, engine, seeds
from harness.parity.gates import BAND, FORWARD_FP32, NO_BAND, Finding


def finding(seed, figure, gate="forward fp32", passed=True, arm="torch"):
    return Finding("mlp_digits", arm, gate, passed, figure, 1e-5, seed=seed)


def test_the_worst_of_each_gate_is_kept():
    exact, other = finding(0, 1e-16, "forward fp64"), finding(0, 1e-7, arm="keras-jax")
    found = seeds.worst([finding(0, 1e-7), exact, finding(1, 3e-7), finding(2, 2e-7), other])
    assert [(one.finding.arm, one.finding.gate, one.seeds) for one in found] == [
        ("torch", "forward fp32", 3), ("torch", "forward fp64", 1), ("keras-jax", "forward fp32", 1)
    ]  # fmt: skip
    assert (found[0].finding.seed, found[0].finding.figure, found[0].median, found[0].failed) == (1, 3e-7, 2e-7, ())


def test_a_failure_is_worse_than_any_figure():
    found = seeds.worst([finding(0, 9e-6), finding(1, None, passed=False), finding(2, math.inf, passed=False)])
    assert found[0].failed == (1, 2)
    assert found[0].finding.seed == 2
    (shown,) = seeds.as_findings(found)
    assert shown.note == "failed at 2 of 3 seeds"
    assert json.loads(json.dumps(found[0].as_dict()))["figure"] == "inf"


def test_bands_are_written_pair_by_pair(tmp_path):
    path = tmp_path / "bands.json"
    assert bands.on_file(path) == {}
    bands.update(seeds.worst([finding(0, 1e-7), finding(1, 3e-7), finding(0, 5e-7, arm="keras-jax")]), path)
    written = bands.update(seeds.worst([finding(0, 2e-7), finding(1, 8e-16, "forward fp64")]), path)
    assert written == ["mlp_digits (torch)"]
    on_file = bands.on_file(path)
    assert (on_file["mlp_digits", "torch"].largest, on_file["mlp_digits", "torch"].seeds) == (2e-7, 1)
    assert on_file["mlp_digits", "keras-jax"].largest == 5e-7
    assert "torch" in on_file["mlp_digits", "torch"].versions


def test_a_failure_leaves_the_band_as_it_is(tmp_path):
    path = tmp_path / "bands.json"
    assert bands.update(seeds.worst([finding(0, 1e-7), finding(1, 1e-3, passed=False)]), path) == []
    assert bands.on_file(path) == {}


def test_the_bands_on_file_are_of_pairs_that_there_are():
    for (workload, arm), band in bands.on_file().items():
        assert registry.find_workload(workload).name == workload
        assert not registry.find_arm(arm).witness
        assert 0 < band.median <= band.largest <= FORWARD_FP32


@pytest.mark.parametrize(("band", "passes"), [(None, True), (1e-3, True), (1e-6, True), (1e-9, False)])
def test_forward_is_held_to_its_band(check, monkeypatch, band, passes):
    monkeypatch.setattr(bands, "largest", lambda workload, arm: band)
    exact, loud, single = check("mlp_digits", "keras-torch", ["forward"])
    assert exact.passed
    assert loud.passed
    assert single.passed == passes
    assert single.bound == (FORWARD_FP32 if band is None else min(FORWARD_FP32, BAND * band))
    assert single.note == (NO_BAND if band is None else None)


def test_seeds_share_one_process_and_differ_in_what_is_drawn():
    workload = registry.find_workload("softmax_breast_cancer")
    todo = {"numpy": engine.tasks([workload], ["structure", "forward", "backward"])}
    findings = list(engine.check(todo, "torch", seeds=range(3)))
    assert [(found.gate, found.seed) for found in findings] == [
        ("structure", 0),  # the same at every seed
        *((gate, seed) for seed in range(3) for gate in ("forward fp64", "forward loud fp64", "backward fp64")),
    ]
    assert all(found.passed for found in findings)
    assert len({found.figure for found in findings if found.gate == "backward fp64"}) > 1


def test_the_command_shows_the_worst_of_its_seeds(twinbench, tmp_path):
    asked = ("parity", "softmax_breast_cancer", "--arms", "numpy", "--gate", "forward", "--seeds", "2", "--json")
    ended = twinbench(*asked, "--results", str(tmp_path))
    assert ended.status == 0, ended.err
    told = json.loads(ended.out)
    assert told["seeds"] == [0, 1]
    gates = {one["gate"]: (one["seeds"], one["failed"]) for one in told["findings"]}
    assert gates == {"forward fp64": (2, []), "forward loud fp64": (2, [])}


def test_bands_want_seeds(twinbench):
    ended = twinbench("parity", "mlp_digits", "--write-bands")
    assert ended.status == 2
    assert "--write-bands wants --seeds" in ended.err
