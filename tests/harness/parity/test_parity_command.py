"""What ``twinbench parity`` prints, keeps and ends with when a gate is red or a planted fault lives."""

import dataclasses
import json

import pytest

from harness.measure import environment
from harness.parity import engine, planting
from harness.parity.blind import BLIND
from harness.parity.gates import Finding
from harness.parity.mutants import MUTANTS
from harness.parity.planting import Verdict

RED = Finding("mlp_digits", "numpy", "forward fp64", False, 3e-4, 1e-10, "fc.1")
GREEN = Finding("mlp_digits", "numpy", "backward fp64", True, 2e-15, 1e-8, note="fc.0.bias is zero: because")


@pytest.fixture
def found(monkeypatch):
    """``found(findings)``: what the gates are to find."""

    def found(findings):
        monkeypatch.setattr(engine, "check", lambda *_, **__: iter(findings))

    return found


def prove(twinbench, tmp_path, *further):
    return twinbench("parity", "mlp_digits", "--arms", "numpy", "--results", str(tmp_path), *further)


def test_a_red_gate_is_told_with_its_figure_bound_and_place(twinbench, tmp_path, found):
    found([RED, GREEN])
    ended = prove(twinbench, tmp_path)
    assert ended.status == 1
    lines = [line.split() for line in ended.out.splitlines()]
    assert ["mlp_digits", "forward", "fp64", "≤", "1e-10", "FAIL", "3.0e-04"] in lines
    assert ["backward", "fp64", "≤", "1e-08", "2.0e-15"] in lines
    assert "mlp_digits · numpy · forward fp64: 0.0003 exceeds 1e-10, first at fc.1" in ended.out
    assert "backward fp64: fc.0.bias is zero: because: mlp_digits (numpy)" in ended.out


def test_red_gates_are_kept_and_green_ones_end_well(twinbench, tmp_path, found):
    found([RED, GREEN])
    prove(twinbench, tmp_path)
    (file,) = (tmp_path / "parity").iterdir()
    assert [f["passed"] for f in json.loads(file.read_text())["findings"]] == [False, True]
    found([GREEN])
    assert prove(twinbench, tmp_path).status == 0


def test_an_interrupted_proof_keeps_what_was_tried_to_its_end(twinbench, tmp_path, monkeypatch):
    """Of the arm that was at its second workload the first; of techniques by themselves the gate that is whole."""

    def check(*_, **__):
        yield GREEN
        yield dataclasses.replace(GREEN, arm="torch")
        yield dataclasses.replace(GREEN, arm="torch", workload="loss mse", gate="loss value")
        yield dataclasses.replace(GREEN, workload="softmax_digits")
        yield dataclasses.replace(GREEN, arm="torch", workload="adam", gate="optimizer fp64")
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "check", check)
    ended = twinbench("parity", "mlp_digits", "--results", str(tmp_path))
    assert ended.status == 130
    assert "interrupted; what was tried to its end is on file" in ended.err
    kept = {path.stem: json.loads(path.read_text())["findings"] for path in (tmp_path / "parity").iterdir()}
    assert {name: [one["gate"] for one in found] for name, found in kept.items()} == {
        "mlp_digits-numpy": ["backward fp64"],
        "mlp_digits-torch": ["backward fp64"],
        "techniques-torch": ["loss value"],
    }


def test_seeds_that_failed_are_counted_in_the_table(twinbench, tmp_path, found):
    found([GREEN, Finding("mlp_digits", "numpy", "backward fp64", False, 1e-3, 1e-8, "fc.2.weight", seed=1)])
    ended = prove(twinbench, tmp_path, "--seeds", "2")
    assert ended.status == 1
    assert "backward fp64: failed at 1 of 2 seeds: mlp_digits (numpy)" in ended.out
    assert "backward fp64, seed 1: 0.001 exceeds 1e-08, first at fc.2.weight" in ended.out


def test_nothing_is_kept_of_code_that_was_edited_meanwhile(twinbench, tmp_path, found, monkeypatch):
    found([GREEN])
    monkeypatch.setattr(environment, "hash_sources", lambda: "other")
    ended = prove(twinbench, tmp_path)
    assert ended.status == 2
    assert "the code was edited meanwhile, so nothing is on file" in ended.err
    assert not (tmp_path / "parity").exists()


@pytest.mark.parametrize(
    ("caught", "where", "status", "told"),
    [
        ("forward fp64", MUTANTS[0].located, 0, "1 of 1 caught, 1 located where the fault is"),
        ("forward fp64", "elsewhere", 1, "1 of 1 caught, 0 located where the fault is"),
        (None, None, 1, "0 of 1 caught, 0 located where the fault is"),
    ],
)
def test_a_planted_fault_that_lives_or_is_found_elsewhere_fails(twinbench, monkeypatch, caught, where, status, told):
    monkeypatch.setattr(planting, "choose", lambda _: [MUTANTS[0]])
    monkeypatch.setattr(planting, "run", lambda *_: iter([Verdict(MUTANTS[0], caught, where)]))
    ended = twinbench("parity", "--mutants")
    assert ended.status == status
    assert told in ended.out
    assert ("LIVES" in ended.out) == (caught is None)
    told = json.loads(twinbench("parity", "--mutants", "--json").out)
    (verdict,) = told["verdicts"]
    assert (verdict["caught"], verdict["located"], verdict["blind"]) == (caught, status == 0, False)
    assert (told["arm"], told["source_sha256"]) == (planting.ARM, environment.source_sha256())
    assert told["versions"].keys() == {planting.ARM}


def test_what_was_planted_by_who_had_not_read_the_gates_is_counted_apart(twinbench, monkeypatch):
    fates = [(MUTANTS[0], "forward fp64"), (BLIND[0], "forward fp64"), (BLIND[1], None)]
    verdicts = [Verdict(mutant, caught, mutant.located if caught else None) for mutant, caught in fates]
    monkeypatch.setattr(planting, "choose", lambda _: [mutant for mutant, _ in fates])
    monkeypatch.setattr(planting, "run", lambda *_: iter(verdicts))
    ended = twinbench("parity", "--mutants")
    assert ended.status == 1
    assert "1 of 1 caught, 1 located where the fault is" in ended.out
    assert "1 of 2 by who had not read the gates caught, 1 located where the fault is" in ended.out


def test_faults_are_planted_for_one_arm_at_a_time(twinbench):
    ended = twinbench("parity", "--mutants", "--arms", "keras-torch,keras-jax")
    assert ended.status == 2
    assert "one arm at a time, not keras-torch, keras-jax" in ended.err
