"""Claims about a run and what becomes of them."""

import dataclasses
import math

import pytest
from report_factories import block, failed, manifest, raced, status, trained, whole_run, workload

from harness import stats
from harness.contract import Outcome
from harness.gate import baseline, claims
from harness.gate.claims import Kind, Tolerances
from harness.gate.decision import State, decide
from harness.report.summary import summarize
from harness.schema import Proof, WorkloadChoice

WORKLOADS = {"mlp_digits": workload()}
PROOFS = [Proof(workload="mlp_digits", arm="torch", gate="forward fp64", figure=0.0)]


def summary(records, workloads=WORKLOADS, which=("mlp_digits",), **changes):
    return summarize(manifest(proofs=PROOFS, workloads=which, launches=8, seeds=10, **changes), records, workloads)


def run(ratio=2.0, gain=0.001, **changes):
    return summary(whole_run(seeds=10, launches=8, ratio=ratio, gain=gain), **changes)


def states(found, against=None, **tolerances):
    decided = decide(list(claims.claims(found, against, Tolerances(**tolerances))))
    return {(d.claim.kind, d.claim.subject.rpartition(" · ")[2]): d.state for d in decided}


@pytest.fixture
def before():
    return baseline.make(run(), "a test")


def test_a_run_holds_against_itself(before):
    assert set(states(run(), before).values()) == {State.HELD}


@pytest.mark.parametrize("baselined", [True, False])
def test_a_run_that_the_report_calls_broken_fails(before, baselined):
    records = whole_run(seeds=10, launches=8)
    other = [
        record.model_copy(update={"initial_sha256": "f" * 64}) if record.cell.arm == "keras-jax" else record
        for record in records
    ]
    against = before if baselined else None
    assert states(summary(records), against)[Kind.HEALTH, "fp32"] is State.HELD
    assert states(summary(other), against)[Kind.HEALTH, "fp32"] is State.FAILED


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Kind.SPEED, {"ratio": 2.3}),
        (Kind.EQUAL, {"gain": -0.03}),
        (Kind.ACCURACY, {"gain": -0.03}),
        (Kind.TARGET, {"gain": -0.07}),
    ],
)
def test_what_became_worse_fails(before, kind, changes):
    assert states(run(**changes), before)[kind, "keras-jax"] is State.FAILED


def test_where_launches_were_added_a_claim_is_for_all_looks(before):
    def claimed(**changes):
        found = claims.claims(run(ratio=2.15, **changes), before, Tolerances())
        return next(one for one in found if one.kind is Kind.SPEED and one.subject.endswith("keras-jax"))

    once, often = claimed(), claimed(most_launches=18)
    assert once.p_against > 0
    assert often.p_against == pytest.approx(3 * once.p_against)


def test_what_became_better_holds(before):
    found = states(run(ratio=1.0), before)
    assert found[Kind.SPEED, "keras-jax"] is State.HELD


def test_a_better_arm_is_not_equal_to_the_reference(before):
    assert states(run(gain=0.04), before)[Kind.EQUAL, "keras-jax"] is State.FAILED


def test_a_tolerance_is_the_users(before):
    assert states(run(ratio=2.2), before)[Kind.SPEED, "keras-jax"] is State.FAILED
    assert states(run(ratio=2.2), before, speed=0.2)[Kind.SPEED, "keras-jax"] is State.HELD


@pytest.mark.parametrize("changes", [{"ratio": 2.104}, {"gain": -0.0096}])
def test_what_is_beyond_the_tolerance_by_chance_is_open(before, changes):
    """A ratio of 1.052 times the baseline's, an accuracy of 1.06 margins less: both within a standard error of it."""
    kind = Kind.SPEED if "ratio" in changes else Kind.ACCURACY
    assert states(run(**changes), before)[kind, "keras-jax"] is State.OPEN


def test_just_what_is_allowed_is_held_where_there_is_no_spread():
    def flat(metric):
        records = [trained(arm, s, metric) for arm in ("torch", "keras-jax") for s in range(10)]
        return summarize(manifest(proofs=PROOFS, launches=0, seeds=10), records, WORKLOADS)

    assert 0.95 - 0.94 > 0.01  # the margin, in floating point
    before = baseline.make(flat(0.95), "a test")
    assert states(flat(0.94), before)[Kind.ACCURACY, "torch"] is State.HELD
    assert states(flat(0.939), before)[Kind.ACCURACY, "torch"] is State.FAILED


def test_less_is_better_turns_the_claims_round():
    workloads = {"mlp_digits": workload(metric="mse", target=0.97)}
    before = baseline.make(summary(whole_run(seeds=10, launches=8), workloads), "a test")
    worse = summary(whole_run(seeds=10, launches=8, gain=0.05), workloads)
    found = states(worse, before)
    assert found[Kind.ACCURACY, "keras-jax"] is State.FAILED
    assert found[Kind.TARGET, "keras-jax"] is State.FAILED


def test_memory_is_compared_without_a_test(before):
    records = [
        r
        if r.cell.arm == "torch" or r.timing is None
        else raced("keras-jax", r.cell.index, 4.0, timing_changes={"peak_rss_bytes": 500 * 2**20})
        for r in whole_run(seeds=10, launches=8)
    ]
    assert states(summary(records), before)[Kind.MEMORY, "keras-jax"] is State.FAILED
    assert states(summary(records), before, memory=0.3)[Kind.MEMORY, "keras-jax"] is State.HELD


def test_one_seed_and_one_launch_decide_nothing_and_say_so(before):
    records = whole_run(seeds=1, launches=1)
    found = summarize(manifest(proofs=PROOFS, launches=1, seeds=1), records, WORKLOADS)
    decided = decide(list(claims.claims(found, before, Tolerances())))
    tested = [d for d in decided if d.claim.kind in (Kind.SPEED, Kind.ACCURACY, Kind.EQUAL)]
    assert {d.state for d in tested} == {State.OPEN}
    assert all("more" in d.wanted for d in tested)


@pytest.mark.parametrize(("seeds", "launches"), [(10, 7), (9, 8)])
def test_fewer_than_a_verdict_needs_are_a_look_however_clear(seeds, launches):
    """Here or in the baseline: without any spread between seeds, everything would be certain."""
    few = summarize(
        manifest(proofs=PROOFS, launches=launches, seeds=seeds),
        whole_run(seeds, launches, ratio=9.0, gain=-0.5),
        WORKLOADS,
    )
    for now, against in ((few, baseline.make(run(), "a test")), (run(ratio=9.0, gain=-0.5), baseline.make(few, "few"))):
        decided = {
            d.claim.kind: d
            for d in decide(list(claims.claims(now, against, Tolerances())))
            if d.claim.subject.endswith("keras-jax")
        }
        if seeds < 10:
            assert decided[Kind.ACCURACY].state is State.OPEN
        if launches < 8:
            assert decided[Kind.SPEED].state is State.OPEN
            assert int(decided[Kind.SPEED].wanted.split()[0]) >= 8
    found = states(few)
    assert found[Kind.EQUAL, "keras-jax"] is (State.OPEN if seeds < 10 else State.FAILED)


def test_a_race_that_others_disturbed_is_open_whatever_its_ratio(before):
    disturbed = [block(i, 9.0, contended=True) for i in range(3)] + [block(3, 9.0)]
    records = [r for r in whole_run(seeds=10, launches=8) if r.cell.arm == "torch" or r.timing is None]
    records += [raced("keras-jax", k, disturbed) for k in range(8)]
    assert states(summary(records), before)[Kind.SPEED, "keras-jax"] is State.OPEN


def test_a_race_without_a_quiet_round_is_open(before):
    records = [r for r in whole_run(seeds=10, launches=8) if r.cell.arm == "torch" or r.timing is None]
    records += [raced("keras-jax", k, [block(i, 9.0, contended=True) for i in range(4)]) for k in range(8)]
    decided = decide(list(claims.claims(summary(records), before, Tolerances())))
    (speed,) = [d for d in decided if d.claim.kind is Kind.SPEED]
    assert speed.state is State.OPEN
    assert speed.claim.figure == "UNSTABLE: no round was clean for both arms"
    assert speed.wanted == "more launches on a machine that rests"


def test_a_ratio_to_another_reference_is_missed(before):
    told = manifest(("keras-jax", "torch"), proofs=PROOFS, launches=8, seeds=10)
    found = summarize(told, whole_run(seeds=10, launches=8), WORKLOADS)
    decided = decide(list(claims.claims(found, before, Tolerances())))
    (cell,) = [d for d in decided if d.claim.kind is Kind.CELL]
    assert cell.state is State.FAILED
    assert (cell.claim.subject, cell.claim.figure) == (
        "mlp_digits · fp32 · keras-jax", "raced beside keras-jax, not torch"
    )  # fmt: skip


def test_a_peak_that_is_not_told_is_missed(before):
    records = [
        raced(r.cell.arm, r.cell.index, 2.0 if r.cell.arm == "torch" else 4.0, timing_changes={"peak_rss_bytes": None})
        if r.timing
        else r
        for r in whole_run(seeds=10, launches=8)
    ]
    found = states(summary(records), before)
    assert (found[Kind.CELL, "torch"], found[Kind.CELL, "keras-jax"]) == (State.FAILED, State.FAILED)


@pytest.mark.parametrize(
    ("outcome", "changes", "state"),
    [
        (Outcome.CRASHED, {"scope": "inference"}, State.FAILED),
        (Outcome.CONTENDED, {"scope": "inference"}, State.OPEN),
        (Outcome.UNSUPPORTED, {"scope": "inference"}, None),
        (Outcome.CRASHED, {"scope": "step", "track": "stock"}, State.FAILED),
    ],
)
def test_what_fails_beside_accuracy_and_steps_is_told_too(outcome, changes, state):
    scope = changes.pop("scope")
    records = [*whole_run(seeds=10, launches=8)]
    records += [failed(scope, "keras-jax", k, outcome, "a reason", **changes) for k in range(3)]
    found = summary(records, scopes=["step", "inference"], tracks=["matched", "stock"])
    cells = [d for d in decide(list(claims.claims(found, None, Tolerances()))) if d.claim.kind is Kind.CELL]
    assert [d.state for d in cells] == ([state] if state else [])
    assert all(f"{scope}: 3 without result: {outcome}, a reason" == d.claim.figure for d in cells)


def of(records, outcome, *launches):
    """The same records, but torch's or keras-jax' launches, by arm and number, ended like that and without times."""
    gone = [failed("step", arm, k, outcome, "others took the cores") for arm, k in launches]
    return [r for r in records if r.timing is None or (r.cell.arm, r.cell.index) not in launches] + gone


@pytest.mark.parametrize("arm", ["torch", "keras-jax"])
@pytest.mark.parametrize("launches", [range(2), range(8)])
@pytest.mark.parametrize(("outcome", "state"), [(Outcome.CONTENDED, State.OPEN), (Outcome.CRASHED, State.FAILED)])
def test_launches_that_others_disturbed_are_open_and_those_that_failed_are_not(before, outcome, state, launches, arm):
    found = summary(of(whole_run(seeds=10, launches=8), outcome, *((arm, k) for k in launches)))
    decided = decide(list(claims.claims(found, before, Tolerances())))
    cells = [d for d in decided if d.claim.kind is Kind.CELL]
    assert {d.state for d in cells} == {state}
    if state is State.OPEN:
        assert {d.wanted for d in cells} == {"more launches on a machine that rests"}
        assert State.FAILED not in {d.state for d in decided}


def test_disturbed_launches_do_not_excuse_one_that_is_missing_for_another_reason(before):
    records = of(whole_run(seeds=10, launches=8), Outcome.CONTENDED, ("keras-jax", 0), ("keras-jax", 1))
    records = of(records, Outcome.CRASHED, ("keras-jax", 2))
    assert states(summary(records), before)[Kind.CELL, "keras-jax"] is State.FAILED
    unrun = [r for r in records if (r.cell.arm, r.cell.scope, r.cell.index) != ("keras-jax", "step", 2)]
    assert states(summary(unrun), before)[Kind.CELL, "keras-jax"] is State.FAILED


@pytest.mark.parametrize(
    ("changes", "told", "open_"),
    [
        ({"epochs": 4}, "epochs 3", {Kind.ACCURACY}),
        ({"dataset_sha256": "e" * 64}, "dataset dddddddddddd", {Kind.ACCURACY, Kind.SPEED, Kind.MEMORY}),
        ({"batch_size": 64}, "batch size 32", {Kind.ACCURACY, Kind.SPEED, Kind.MEMORY}),
        ({"threads": 4}, "threads 2", {Kind.SPEED, Kind.MEMORY}),
    ],
)
def test_a_figure_of_another_setting_is_not_compared(before, changes, told, open_):
    records = [
        record.model_copy(
            update={"cell": dataclasses.replace(record.cell, **changes)} if "dataset_sha256" not in changes else changes
        )
        for record in whole_run(seeds=10, launches=8, ratio=9.0, gain=-0.5)
    ]
    choice = [WorkloadChoice(name="mlp_digits", epochs=changes.get("epochs"))]
    decided = decide(list(claims.claims(summary(records, which=choice), before, Tolerances())))
    apart = [d for d in decided if d.claim.bound.endswith(f"({told})")]
    assert {d.claim.kind for d in apart} == open_
    assert {d.state for d in apart} == {State.OPEN}
    assert {d.wanted for d in apart} == {f"a baseline of the same {told.rpartition(' ')[0]}"}
    same = {d.claim.kind for d in decided} & {Kind.ACCURACY, Kind.SPEED} - open_
    assert all(states(summary(records), before)[kind, "keras-jax"] is State.FAILED for kind in same)


def test_a_race_in_turns_is_another_question_than_one_without(before):
    found = summary(whole_run(seeds=10, launches=8))
    suite = found.manifest.suite.model_copy(update={"interleaved": False})
    found = dataclasses.replace(found, manifest=found.manifest.model_copy(update={"suite": suite}))
    assert states(found, before)[Kind.SPEED, "keras-jax"] is State.OPEN


def test_a_cell_that_fails_is_told_with_its_reason(before):
    records = [
        r
        for r in whole_run(seeds=10, launches=8)
        if (r.cell.arm, r.cell.scope, r.cell.index) != ("keras-jax", "accuracy", 2)
    ]
    records.append(failed("accuracy", "keras-jax", 2, Outcome.CRASHED, "signal 11"))
    decided = decide(list(claims.claims(summary(records), before, Tolerances())))
    (cell,) = [d for d in decided if d.claim.kind is Kind.CELL]
    assert cell.state is State.FAILED
    assert "9 of 10" in cell.claim.figure
    assert "signal 11" in cell.claim.figure


def test_what_never_ran_is_no_failure_but_what_the_baseline_has_must_run(before):
    torch_only = [r for r in whole_run(seeds=10, launches=8) if r.cell.arm == "torch"]
    arms = ("torch", status("keras-jax", supported=False, reason="not installed: jax"))
    lacking = summary(torch_only, arms=arms)
    assert Kind.CELL not in {kind for kind, _ in states(lacking)}
    assert states(lacking, before)[Kind.CELL, "keras-jax"] is State.FAILED


def test_what_the_run_was_not_asked_for_is_missed(before):
    narrowed = summary([r for r in whole_run(seeds=10, launches=8) if r.cell.arm == "torch"], arms=("torch",))
    assert states(narrowed, before)[Kind.CELL, "keras-jax"] is State.FAILED


def test_a_run_without_proof_fails():
    unproven = summarize(manifest(proofs=None, launches=8, seeds=10), whole_run(seeds=10, launches=8), WORKLOADS)
    assert states(unproven)[Kind.PARITY, "all pairs"] is State.FAILED


def test_a_witness_is_held_to_nothing():
    records = whole_run(seeds=10, launches=8) + [trained("numpy", s, 0.1) for s in range(10)]
    found = summary(records, arms=("torch", "keras-jax", status("numpy", witness=True)))
    assert "numpy" not in {arm for _, arm in states(found)}


def test_a_shorter_budget_is_not_held_to_the_target():
    records = [trained(arm, s, 0.5, epochs=1) for arm in ("torch", "keras-jax") for s in range(10)]
    found = summarize(manifest(proofs=PROOFS, launches=0, seeds=10), records, WORKLOADS)
    assert Kind.TARGET not in {kind for kind, _ in states(found)}


def test_a_claim_does_not_vanish_because_its_figures_were_not_asked_for(before):
    records = [record for record in whole_run(seeds=10, launches=8) if record.timing is None]
    untimed = summarize(manifest(proofs=PROOFS, launches=0, seeds=10), records, WORKLOADS)
    assert states(untimed, before)[Kind.CELL, "keras-jax"] is State.FAILED
    assert Kind.CELL not in {kind for kind, _ in states(untimed)}


def test_the_number_of_launches_that_would_decide_does_decide():
    """Of a fault among many claims: at the level that is left for it, as if the estimates were the truth."""
    before, now = (stats.Moments(math.log(ratio), 0.1**2, 8) for ratio in (1.0, 1.08))
    others = [claims.Claim(Kind.TARGET, str(i), "", "", p_against=0.5, p_for=0.01) for i in range(79)]

    def slower(count):
        sides = (dataclasses.replace(side, count=count) for side in (now, before))
        found = stats.loss(*sides, math.log(1.05))
        fields = {"p_against": found.p_lost, "p_for": found.p_kept, "tested": found}
        return decide([claims.Claim(Kind.SPEED, "x", "", "", **fields, unit="launches"), *others])[0]

    first = slower(8)
    assert first.state is State.OPEN
    count = int(first.wanted.partition(" ")[0])
    assert first.wanted == f"{count} launches in all, here and in the baseline"
    assert slower(count).state is State.FAILED
    assert slower(count - 1).state is State.OPEN


def test_a_run_of_which_nothing_was_proven_fails():
    found = summarize(manifest(proofs=[], launches=8, seeds=10), whole_run(seeds=10, launches=8), WORKLOADS)
    assert states(found)[Kind.PARITY, "all pairs"] is State.FAILED
