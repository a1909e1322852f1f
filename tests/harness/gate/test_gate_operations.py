"""Single operations in the gate: held against a baseline by ratios to the reference arm, process by process."""

import math
from dataclasses import replace

import numpy as np
import pytest
from operation_files import turns, write
from report_factories import manifest, whole_run, workload

from harness.gate import baseline, claims
from harness.gate.claims import Kind, Tolerances
from harness.gate.decision import State, decide
from harness.report import operations
from harness.report.summary import summarize
from harness.schema import Proof

PROOFS = [Proof(workload="mlp_digits", arm="torch", gate="forward fp64", figure=0.0)]
EIGHT = [2.0, 2.02, 1.98, 2.01, 2.0, 1.99, 2.0, 2.01]
NULLS, PLANTED, LEAST_ALLOWED, PER_RUN = 1000, 200, 0.01, 0.95
NAMES = tuple(f"operation{number}" for number in range(15))
SPREAD = 0.03
"""Standard deviation of the log-ratio of a process: most of the recorded races' launches have less."""


@pytest.fixture
def run(tmp_path):
    """``run(ratios)``: a run with operations beside it; None for a run without any."""
    plain = summarize(manifest(proofs=PROOFS, launches=8, seeds=5), whole_run(5, 8), {"mlp_digits": workload()})

    def run(ratios, **changes):
        if ratios is None:
            return plain
        return replace(plain, operations=operations.read(write(tmp_path / "ops.json", turns(ratios, **changes))))

    return run


def states(found, against, **tolerances):
    decided = decide(list(claims.claims(found, against, Tolerances(**tolerances))))
    return {(d.claim.kind, d.claim.subject): d.state for d in decided if d.claim.kind in (Kind.OPERATION, Kind.CELL)}


SUBJECTS = ("matmul · keras-jax", "gelu · keras-jax")


def test_operations_are_on_file_and_hold_against_themselves(run, tmp_path):
    baseline.write(tmp_path / "b.json", baseline.make(run(EIGHT), "a test"))
    known = baseline.read(tmp_path / "b.json")
    assert [(one.operation, one.arm, one.reference) for one in known.operations] == [
        ("matmul", "keras-jax", "torch"),
        ("gelu", "keras-jax", "torch"),
    ]
    assert known.operations[0].log_ratio.mean == pytest.approx(math.log(2.0), abs=0.01)
    assert states(run(EIGHT), known) == dict.fromkeys([(Kind.OPERATION, s) for s in SUBJECTS], State.HELD)


@pytest.mark.parametrize(("slower", "state"), [(1.3, State.FAILED), (1.05, State.HELD), (0.5, State.HELD)])
def test_what_became_slower_beyond_the_tolerance_fails(run, slower, state):
    found = states(run([slower * ratio for ratio in EIGHT]), baseline.make(run(EIGHT), "a test"))
    assert set(found.values()) == {state}


def test_the_tolerance_is_the_users(run):
    found = states(run([1.3 * ratio for ratio in EIGHT]), baseline.make(run(EIGHT), "a test"), operations=0.5)
    assert set(found.values()) == {State.HELD}


def test_few_processes_leave_it_open_and_say_how_many_would_decide(run):
    known = baseline.make(run([2.0, 2.1, 1.9]), "a test")
    decided = decide(list(claims.claims(run([2.1, 2.2, 1.95]), known, Tolerances())))
    open_ = [d.wanted for d in decided if d.claim.kind is Kind.OPERATION and d.state is State.OPEN]
    assert len(open_) == 2
    assert all("processes in all, here and in the baseline" in wanted for wanted in open_)


def test_operations_of_other_threads_are_another_question(run):
    known = baseline.make(run(EIGHT), "a test")
    assert {one.threads for one in known.operations} == {1}
    more = run([9 * ratio for ratio in EIGHT])
    more = replace(more, operations=replace(more.operations, threads=4))
    decided = decide(list(claims.claims(more, known, Tolerances())))
    found = [d for d in decided if d.claim.kind is Kind.OPERATION]
    assert [d.state for d in found] == [State.OPEN, State.OPEN]
    assert {d.wanted for d in found} == {"a baseline of the same threads"}
    assert all(d.claim.figure.endswith("(threads 4)") and d.claim.bound.endswith("(threads 1)") for d in found)


def test_what_the_baseline_has_must_be_timed_again(run):
    known = baseline.make(run(EIGHT), "a test")
    assert states(run(None), known) == {(Kind.CELL, "single operations"): State.FAILED}
    found = states(run(EIGHT, operations=["gelu"]), known)
    assert found[Kind.CELL, "matmul · keras-jax"] is State.FAILED
    assert found[Kind.OPERATION, "gelu · keras-jax"] is State.HELD
    assert states(run(EIGHT, rival="keras-torch"), known)[Kind.CELL, "gelu · keras-jax"] is State.FAILED


def test_a_baseline_from_before_there_were_operations_asks_for_none(run):
    known = baseline.make(run(None), "a test")
    assert known.operations == []
    assert states(run(EIGHT), known) == {}


def failed_operations(run, seed, slower=1.0):
    generator = np.random.default_rng([43, seed])

    def drawn(factor):
        rows = []
        for number, name in enumerate(NAMES):
            rows.append(operations.Row(name, "torch", (1e-3,) * 8))
            shift = math.log(factor) if number == 0 else 0.0
            ratio = operations.stats.ratio(generator.normal(math.log(1.5) + shift, SPREAD, 8))
            rows.append(operations.Row(name, "keras-jax", (1.5e-3,) * 8, ratio))
        return replace(run(None), operations=operations.Operations("torch", tuple(rows)))

    known = baseline.make(drawn(1.0), "a test")
    decided = decide(list(claims.claims(drawn(slower), known, Tolerances())))
    return [d.claim.subject for d in decided if d.claim.kind is Kind.OPERATION and d.state is State.FAILED]


def test_operations_without_a_fault_pass(run):
    assert sum(bool(failed_operations(run, seed)) for seed in range(NULLS)) <= LEAST_ALLOWED * NULLS


def test_an_operation_that_became_a_quarter_slower_is_seen(run):
    seen = sum("operation0 · keras-jax" in failed_operations(run, seed, slower=1.25) for seed in range(PLANTED))
    assert seen >= PER_RUN * PLANTED
