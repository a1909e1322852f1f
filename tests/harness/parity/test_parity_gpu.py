"""Halves that compute on a GPU: held against a reference on the CPU, and filed apart."""

import pytest

from harness import registry
from harness.parity import engine, proofs
from harness.parity.gates import Finding
from harness.parity.proofs import Pair, Proofs, required
from harness.run.process import Worker


@pytest.fixture
def started(monkeypatch):
    """What processes were started for, in order: arm, device, precision."""
    started, begin = [], Worker.begin

    def told(worker):
        started.append((worker.spec.name, worker.setup.device, worker.setup.precision))
        begin(worker)

    monkeypatch.setattr(Worker, "begin", told)
    return started


@pytest.fixture
def asked(monkeypatch):
    """What the engine was asked for, which finds a gate of pairs and one of techniques green for every arm."""
    asked = {}

    def check(todo, reference, seeds, **how):
        asked.update(how, todo=todo)
        for arm in todo:
            yield Finding("mlp_digits", arm, "forward fp64", True, 1e-15, 1e-10)
            yield Finding("sgd · plain", arm, "optimizer fp64", True, 1e-15, 1e-10)

    monkeypatch.setattr(engine, "check", check)
    return asked


@pytest.mark.parametrize(
    ("further", "option"),
    [
        (("--suite", "gpu"), "--suite"),
        (("--mutants",), "--mutants"),
        (("--seeds", "2", "--write-bands"), "--write-bands"),
    ],
)
def test_what_says_by_itself_where_to_compute_takes_no_device(twinbench, tmp_path, asked, further, option):
    ended = twinbench("parity", "mlp_digits", "--device", "gpu", "--results", str(tmp_path), *further)
    assert ended.status == 2
    assert f"{option} says by itself what halves compute on; leave out --device" in ended.err
    assert (asked, list(tmp_path.iterdir())) == ({}, [])


def test_halves_compute_on_the_gpu_and_their_reference_on_the_cpu(chaos, started):
    todo = engine.tasks([registry.find_workload("softmax_digits")], ["structure", "forward", "backward"])
    arms = ("healthy-one", "healthy-two", "only-cpu")
    findings = list(engine.check(dict.fromkeys(arms, todo), "healthy-one", device="gpu"))
    assert [finding for finding in findings if not finding.passed] == []
    assert {finding.arm for finding in findings} == {"healthy-one", "healthy-two"}, "the third knows no GPU"
    assert sorted(started) == [
        ("healthy-one", "cpu", "fp64"),
        ("healthy-one", "gpu", "fp32"),
        ("healthy-one", "gpu", "fp64"),
        ("healthy-two", "gpu", "fp32"),
        ("healthy-two", "gpu", "fp64"),
    ]


def test_an_arm_that_finds_no_gpu_has_failed_in_its_own_words(chaos):
    todo = engine.tasks([registry.find_workload("softmax_digits")], ["structure", "forward"])
    (finding,) = engine.check({"nodevice-start": todo}, "healthy-one", device="gpu")
    assert (finding.passed, finding.where) == (False, "start: NoDevice: Chaos finds no GPU here")


def test_techniques_by_themselves_stay_on_the_cpu(chaos, started):
    todo = {"numpy": engine.tasks([], ["loss"])}
    findings = list(engine.check(todo, "torch", device="gpu"))
    assert findings
    assert all(finding.passed for finding in findings)
    assert {device for _, device, _ in started} == {"cpu"}


def test_bands_are_of_cpus_and_bound_nothing_on_a_gpu(chaos, monkeypatch):
    held = []
    monkeypatch.setattr(engine.bands, "largest", lambda workload, arm: held.append(arm) or 1e-12)
    todo = {"healthy-two": engine.tasks([registry.find_workload("softmax_digits")], ["forward"])}
    on_gpu = {f.gate: f.bound for f in engine.check(todo, "healthy-one", device="gpu")}
    assert held == []
    on_cpu = {f.gate: f.bound for f in engine.check(todo, "healthy-one")}
    assert held == ["healthy-two"]
    assert on_cpu.keys() == on_gpu.keys()


def test_proofs_of_a_gpu_are_filed_apart_but_those_of_techniques(twinbench, tmp_path, asked):
    ended = twinbench("parity", "mlp_digits", "--arms", "numpy", "--device", "gpu", "--results", str(tmp_path))
    assert ended.status == 0, ended.err
    assert asked["device"] == "gpu"
    assert sorted(path.name for path in (tmp_path / "parity").iterdir()) == [
        "mlp_digits-numpy-gpu.json",
        "techniques-numpy.json",
    ]
    workload, kept = registry.find_workload("mlp_digits"), Proofs(tmp_path / "parity")
    assert kept.lacks(Pair("numpy", "torch", workload, "gpu"), ["forward"]) == []
    assert kept.lacks(Pair("numpy", "torch", workload), ["forward"]) == ["forward"]


def test_a_proof_of_a_cpu_that_is_called_one_of_a_gpu_is_none(tmp_path):
    workload, kept = registry.find_workload("mlp_digits"), Proofs(tmp_path)
    here, there = Pair("numpy", "torch", workload), Pair("numpy", "torch", workload, "gpu")
    kept.keep(here, [Finding("mlp_digits", "numpy", "structure", True)])
    (tmp_path / f"{here.name}.json").rename(tmp_path / f"{there.name}.json")
    assert kept.lacks(there, ["structure"]) == ["structure"]


def test_a_suite_on_a_gpu_rests_on_proofs_made_there(chaos, twinbench, suite_file, small_suite, tmp_path, asked):
    arms = ("healthy-one", "healthy-two")
    kept = Proofs(tmp_path / "parity")
    for pair in proofs.pairs(small_suite(*arms)):
        kept.keep(pair, [Finding(pair.name, pair.arm, gate, True) for gate in required(pair)])
    assert proofs.unproven(small_suite(*arms), kept) == {}
    lacking = proofs.unproven(small_suite(*arms, device="gpu"), kept)
    assert [(arm, task.name) for arm, tasks in lacking.items() for task in tasks] == [
        (arm, "softmax_digits") for arm in arms
    ], "techniques are proven on the CPU"
    suite = suite_file(*arms, device="gpu", launches=0)
    refused = twinbench("run", suite, "--results", str(tmp_path))
    assert refused.status == 2
    assert "not proven for this code: softmax_digits (healthy-one, healthy-two)" in refused.err
    assert twinbench("parity", "--suite", suite, "--results", str(tmp_path), "--json").status == 0
    assert (asked["device"], asked["todo"].keys()) == ("gpu", set(arms))


def test_an_arm_that_knows_no_gpu_has_nothing_to_prove_for_a_suite_there(chaos, small_suite):
    found = proofs.pairs(small_suite("healthy-one", "only-cpu", device="gpu"))
    assert {pair.arm for pair in found} == {"healthy-one"}
    assert [pair.device for pair in found] == ["gpu", "cpu"], "halves, and techniques"
