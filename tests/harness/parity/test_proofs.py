"""What is on file of proven pairs: kept by gate, valid for this code only, and asked for before a race."""

import pytest

from harness import registry
from harness.parity import proofs
from harness.parity.gates import Finding
from harness.parity.proofs import REQUIRED, Pair, Proofs

PAIR = Pair("numpy", "torch", registry.find_workload("mlp_digits"))


def finding(gate, passed=True, **known):
    return Finding("mlp_digits", "numpy", gate, passed, **known)


@pytest.fixture
def kept(tmp_path):
    return Proofs(tmp_path / "parity")


def test_nothing_is_proven_at_first(kept):
    assert kept.lacks(PAIR, REQUIRED) == list(REQUIRED)
    assert kept.of(PAIR) == []


def test_gates_add_up(kept):
    kept.keep(PAIR, [finding("structure"), finding("forward fp64", figure=1e-15, bound=1e-10)])
    kept.keep(PAIR, [finding("backward fp64")])
    assert kept.lacks(PAIR, ["structure", "forward", "backward", "loss"]) == ["loss"]
    assert [f.figure for f in kept.of(PAIR) if f.gate == "forward fp64"] == [1e-15]


def test_a_gate_is_passed_when_all_its_parts_are(kept):
    kept.keep(PAIR, [finding("forward fp64"), finding("forward fp32", passed=False)])
    assert kept.lacks(PAIR, ["forward"]) == ["forward"]
    kept.keep(PAIR, [finding("forward fp64"), finding("forward fp32")])
    assert kept.lacks(PAIR, ["forward"]) == []


def test_a_gate_that_failed_keeps_a_pair_from_the_race_though_nobody_asked_for_it(kept, small_suite):
    suite = small_suite("numpy")
    pair, techniques = proofs.pairs(suite)
    for one in (pair, techniques):
        kept.keep(one, [finding(gate) for gate in proofs.required(one)])
    assert proofs.unproven(suite, kept) == {}
    kept.keep(pair, [finding("training fp64"), finding("training again", passed=False)])
    (task,) = proofs.unproven(suite, kept)["numpy"]
    assert (task.name, task.gates) == ("softmax_digits", ("training",))
    kept.keep(pair, [finding("training fp64"), finding("training again")])
    assert proofs.unproven(suite, kept) == {}


@pytest.mark.parametrize("changed", ["code", "versions", "libraries", "reference", "damaged"])
def test_what_was_proven_of_something_else_does_not_count(kept, monkeypatch, changed):
    kept.keep(PAIR, [finding("structure")])
    assert kept.lacks(PAIR, ["structure"]) == []
    pair = PAIR
    if changed == "code":
        monkeypatch.setattr(proofs, "source_sha256", lambda: "other")
    elif changed == "versions":
        monkeypatch.setattr(registry, "versions", lambda spec: {"numpy": "0"})
    elif changed == "libraries":
        monkeypatch.setattr(proofs, "library_versions", lambda: {"mlxtend": "0"})
    elif changed == "reference":
        pair = Pair("numpy", "keras-jax", PAIR.workload)
    else:
        (path,) = kept.folder.iterdir()
        path.write_text(path.read_text()[:-9])
    assert kept.lacks(pair, ["structure"]) == ["structure"]


def test_a_race_of_unproven_halves_is_refused_with_the_command_that_proves_them(twinbench, tmp_path):
    ended = twinbench("run", "quick", "--arms", "torch", "--workloads", "mlp_digits", "--results", str(tmp_path))
    assert ended.status == 2
    assert "not proven for this code: mlp_digits (torch), techniques (torch)" in ended.err
    assert f"twinbench parity mlp_digits --suite quick --arms torch --results {tmp_path}" in ended.err
    assert not (tmp_path / "runs").exists()


def test_what_learns_is_raced_if_it_was_proven_to_train_alike():
    learning, racing = (registry.find_workload(name) for name in ("mlp_digits", "bert_synthetic"))
    assert {*proofs.required(Pair("torch", "torch", learning))} >= {"backward", "train_mode", "training"}
    assert not {*proofs.required(Pair("torch", "torch", racing))} & {"train_mode", "training"}
    compiled = proofs.required(Pair("torch-compile", "torch", learning))
    assert sorted(compiled) == sorted({*compiled, "training", "trajectory"})


@pytest.mark.parametrize("failing", [None, "backward fp64"])
def test_a_race_of_proven_halves_says_how_equal_they_are(twinbench, suite_file, small_suite, tmp_path, failing):
    suite = small_suite("numpy", launches=0)
    for pair in proofs.pairs(suite):
        gates = ["backward fp64" if gate == "backward" else gate for gate in proofs.required(pair)]
        found = [Finding("softmax_digits", "numpy", gate, gate != failing, 2.5e-16, 1.0) for gate in gates]
        Proofs(tmp_path / "parity").keep(pair, found)
    ended = twinbench("run", suite_file("numpy", launches=0), "--results", str(tmp_path), "--run", "mine")
    if failing:
        assert ended.status == 2
        assert "not proven for this code: softmax_digits (numpy)" in ended.err
        return
    assert ended.status == 0
    assert "UNVERIFIED" not in ended.out
    report = (tmp_path / "runs" / "mine" / "report.md").read_text()
    assert "all gradients within 2.5e-16 (fp64)" in report
    assert "UNVERIFIED" not in report


def test_a_race_without_proof_is_marked(chaos, twinbench, suite_file, tmp_path):
    asked = ("run", suite_file("healthy-one", launches=0), "--unverified", "--results", str(tmp_path), "--run", "mine")
    ended = twinbench(*asked)
    assert ended.status == 0
    assert "UNVERIFIED" in ended.out
    assert "> **UNVERIFIED" in (tmp_path / "runs" / "mine" / "report.md").read_text()
