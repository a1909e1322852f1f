import math

import pytest
from report_factories import MIB, block, failed, manifest, raced, status, trained, whole_run, workload

from harness.contract import Outcome
from harness.report.summary import summarize
from harness.schema import WorkloadChoice
from harness.stats import AccuracyVerdict, TimeVerdict

WORKLOADS = {"mlp_digits": workload()}
NUMPY = status("numpy", witness=True)


def only(records, run=None, workloads=WORKLOADS):
    (comparison,) = summarize(run or manifest(), records, workloads).comparisons
    return comparison


def rows(comparison):
    return {row.arm: row for row in comparison.rows}


def test_figures_by_hand():
    records = [
        *(trained("torch", s, m) for s, m in enumerate([0.90, 0.92, 0.94])),
        *(trained("keras-jax", s, m) for s, m in enumerate([0.91, 0.94, 0.97])),
        raced("torch", 0, [1.0, 1.0, 5.0], timing_changes={"first_step_s": 0.1, "peak_rss_bytes": 100 * MIB}),
        raced("torch", 1, [4.0, 4.0, 4.0], timing_changes={"first_step_s": 0.7, "peak_rss_bytes": 300 * MIB}),
        raced("torch", 2, [2.0, 2.0, 2.0], timing_changes={"first_step_s": 0.2, "cold_start_s": None}),
        *(raced("keras-jax", k, [3.0, 3.0, 15.0] if k == 0 else 3.0) for k in range(3)),
    ]
    comparison = only(records)
    torch, jax = comparison.rows
    assert comparison.reference == "torch"
    assert comparison.displaced is None
    assert torch.metric.estimate == pytest.approx(0.92)
    assert torch.metric.half_width == pytest.approx(4.302653 * 0.02 / math.sqrt(3))
    assert torch.step_ms == pytest.approx(2.0)  # geometric mean of 1, 4 and 2
    assert (torch.first_step_s, torch.cold_start_s) == (0.2, 3.0)
    assert torch.peak_rss_mib == 400
    assert torch.parameters == 15210
    assert (torch.seeds, torch.launches, torch.rounds) == (3, 3, 9)
    assert (torch.difference, torch.ratio) == (None, None)
    assert jax.difference.estimate == pytest.approx(0.02)
    assert jax.difference.interval.high == pytest.approx(0.02 + 4.302653 * 0.01 / math.sqrt(3))
    assert jax.difference.paired
    # Log-ratios of the launches: log 3; log 3/4; log 3/2. Their mean is the log of 1.5.
    assert jax.ratio.estimate == pytest.approx(1.5)


def test_every_missing_figure_has_a_reason():
    for records in ([], whole_run(seeds=0), whole_run(launches=0), whole_run()[:4], whole_run()[-2:]):
        comparison = only(records, manifest(("torch", "keras-jax", NUMPY)))
        for row in comparison.rows:
            figures = ("metric", "step_ms", "first_step_s", "cold_start_s", "peak_rss_mib", "parameters")
            assert all(row.notes.get(figure) for figure in figures if getattr(row, figure) is None)
            if row.arm != comparison.reference:
                assert row.difference is not None or row.notes["difference"]
                assert row.ratio is not None or row.notes["ratio"]


def test_the_reason_is_the_failure():
    records = [r for r in whole_run() if r.cell.arm == "torch"]
    records += [failed("accuracy", "keras-jax", s, Outcome.TIMEOUT, "no answer in 9 s") for s in range(3)]
    records += [failed("step", "keras-jax", k, Outcome.CRASHED, "signal 11") for k in range(3)]
    row = rows(only(records))["keras-jax"]
    assert row.notes["metric"] == row.notes["difference"] == "timeout: no answer in 9 s"
    assert row.notes["ratio"] == row.notes["cold_start_s"] == "crashed: signal 11"
    assert (row.time_verdict, row.accuracy_verdict) == (None, None)


def test_the_record_tells_why_a_figure_is_null():
    changes = {"timing_changes": {"peak_rss_bytes": None, "cold_start_s": None}}
    records = [raced("torch", 0, 1.0, reasons={"peak_rss_bytes": "no /proc here"}, **changes)]
    notes = rows(only(records, manifest(launches=1, seeds=0)))["torch"].notes
    assert notes["peak_rss_mib"] == "no /proc here"
    assert notes["cold_start_s"] == "workers started side by side"


def test_an_unsupported_arm_says_why():
    run = manifest(("torch", status("keras-jax", supported=False, reason="jax is not installed")))
    row = rows(only([r for r in whole_run() if r.cell.arm == "torch"], run))["keras-jax"]
    assert row.notes["metric"] == row.notes["ratio"] == "arm unsupported: jax is not installed"


def test_a_failed_seed_is_counted_and_explained():
    records = whole_run()
    records[1] = failed("accuracy", "torch", 1, Outcome.DIVERGED, "loss is NaN")
    row = rows(only(records))["torch"]
    assert row.seeds == 2
    assert row.notes["seeds"] == "diverged: loss is NaN"


def test_the_next_arm_is_the_reference_when_the_first_has_no_result():
    records = [r for r in whole_run() if r.cell.arm == "keras-jax"]
    records += [failed("accuracy", "torch", 0, Outcome.CRASHED, "signal 6")]
    comparison = only(records)
    assert comparison.reference == "keras-jax"
    assert comparison.displaced == "torch has no accuracy and step times (crashed: signal 6)"
    assert rows(comparison)["torch"].notes["difference"] == "crashed: signal 6"


def test_an_arm_without_step_times_is_not_the_reference_of_a_race():
    records = [r for r in whole_run() if (r.cell.arm, r.cell.scope) != ("torch", "step")]
    assert only(records).reference == "keras-jax"


def test_a_run_with_only_failures_has_no_reference():
    summary = summarize(manifest(), [failed("accuracy", "torch", 0, Outcome.CRASHED, "signal 6")], WORKLOADS)
    (comparison,) = summary.comparisons
    assert comparison.reference is None
    assert summary.failed == {Outcome.CRASHED: 1}
    assert rows(comparison)["keras-jax"].notes["metric"] == "no record: the run did not come to it"


def test_a_witness_stands_last_and_is_not_raced():
    records = whole_run() + [trained("numpy", s, 0.95) for s in range(3)]
    comparison = only(records, manifest((NUMPY, "torch", "keras-jax")))
    assert [row.arm for row in comparison.rows] == ["torch", "keras-jax", "numpy"]
    assert comparison.reference == "torch"
    witness = comparison.rows[-1]
    assert witness.difference.estimate == pytest.approx(-0.001)
    assert witness.notes["ratio"] == "a witness checks the others and is not raced"
    assert comparison.missing == 0


def test_a_later_attempt_replaces_a_failed_one():
    again = failed("accuracy", "torch", 0, Outcome.CRASHED, "signal 6", attempt=1)
    records = [*whole_run(), again]
    records[0] = trained("torch", 0, 0.95, attempt=2)
    summary = summarize(manifest(), records, WORKLOADS)
    assert rows(summary.comparisons[0])["torch"].seeds == 3
    assert summary.failed == {}
    assert [failure.recovered for failure in summary.failures] == [True]


def test_a_result_of_older_code_does_not_count():
    old = trained("torch", 0, 0.1, key="old", started="2025-01-01T00:00:00Z", attempt=3)
    assert rows(only([old, *whole_run()]))["torch"].metric.estimate > 0.9
    crash = failed("accuracy", "torch", 0, Outcome.CRASHED, "signal 6")
    assert rows(only([old, crash]))["torch"].metric is None


def test_cells_without_a_record_are_counted():
    assert only(whole_run()).missing == 0
    assert only(whole_run()[:-2]).missing == 2


def test_seeds_are_paired_only_when_the_trainings_are_proven_to_be_pairs():
    def jax(records):
        return rows(only(records))["keras-jax"]

    assert jax(whole_run()).difference.paired
    other_start = [*whole_run()[:5], trained("keras-jax", 2, 0.95, initial_sha256="e" * 64)]
    other_order = [*whole_run()[:5], trained("keras-jax", 2, 0.95, order_sha256="e" * 64)]
    no_hash = [*whole_run()[:5], trained("keras-jax", 2, 0.95, initial_sha256=None)]
    other_seeds = whole_run()[:5]
    for records in (other_start, other_order, no_hash, other_seeds):
        assert not jax(records).difference.paired
        assert jax(records).notes["difference"].startswith("not paired")


def test_targets_are_judged_with_the_full_budget_only():
    cut = manifest(workloads=[WorkloadChoice(name="mlp_digits", epochs=1)])
    strict = {"mlp_digits": workload(target=0.952)}
    full = rows(only(whole_run(), workloads=strict))
    assert (full["torch"].target_met, full["keras-jax"].target_met) == (False, True)
    comparison = only(whole_run(epochs=1), cut, strict)
    assert comparison.budget_cut
    assert {row.target_met for row in comparison.rows} == {None}


def test_precisions_are_never_mixed():
    run = manifest(precisions=["fp32", "bf16"])
    summary = summarize(run, whole_run() + whole_run(precision="bf16", ratio=0.5), WORKLOADS)
    ratios = {c.precision: round(rows(c)["keras-jax"].ratio.estimate, 1) for c in summary.comparisons}
    assert ratios == {"fp32": 2.0, "bf16": 0.5}


def test_verdicts_need_launches_and_seeds():
    look = rows(only(whole_run()))["keras-jax"]
    assert (look.time_verdict, look.accuracy_verdict) == (TimeVerdict.LOOK, AccuracyVerdict.LOOK)
    full = rows(only(whole_run(seeds=5, launches=8), manifest(seeds=5, launches=8)))["keras-jax"]
    assert (full.time_verdict, full.accuracy_verdict) == (TimeVerdict.SLOWER, AccuracyVerdict.EQUIVALENT)


def test_contended_launches_make_a_race_unstable():
    def rough(arm, launch, outcome=Outcome.OK):
        blocks = [block(0, 2.0), *(block(r, 30.0, contended=True) for r in (1, 2, 3))]
        return raced(arm, launch, blocks, outcome=outcome)

    quiet = [raced("torch", k, 1.0) for k in range(8)]
    mostly = [*(rough("keras-jax", k, Outcome.CONTENDED) for k in range(5)), *whole_run(0, 8)[-3:]]
    row = rows(only(quiet + mostly, manifest(seeds=0, launches=8)))["keras-jax"]
    assert row.time_verdict is TimeVerdict.UNSTABLE
    assert row.ratio.estimate == pytest.approx(2 ** (5 / 8) * 4 ** (3 / 8))
    assert row.contended_rounds == 15


def test_a_race_without_a_clean_round_is_unstable_and_has_no_ratio():
    records = [raced("torch", 0, 1.0), raced("keras-jax", 0, [block(0, 9.0, contended=True)])]
    row = rows(only(records, manifest(seeds=0, launches=1)))["keras-jax"]
    assert (row.ratio, row.time_verdict) == (None, TimeVerdict.UNSTABLE)
    assert row.notes["step_ms"] == "every round was contended"


@pytest.mark.parametrize(("contended", "verdict"), [(1, None), (2, TimeVerdict.UNSTABLE)])
def test_a_lone_arm_and_a_reference_can_be_unstable(contended, verdict):
    def mostly_contended(launch):
        return raced("torch", launch, [block(0, 1.0), *(block(r, 9.0, contended=True) for r in (1, 2))])

    records = [mostly_contended(k) if k < contended else raced("torch", k, 1.0) for k in range(3)]
    for arms in (("torch",), ("torch", "keras-jax")):
        summary = summarize(manifest(arms, seeds=0), records, WORKLOADS)
        assert rows(summary.comparisons[0])["torch"].time_verdict is verdict
        assert [row.arm for _, row in summary.unstable] == (["torch"] if verdict else [])


def test_figures_of_fresh_processes_tell_how_many_gave_them():
    used = {"first_step_s": None, "cold_start_s": None, "peak_rss_bytes": None}
    side_by_side = {"cold_start_s": None}
    changes = ({}, side_by_side, used)
    records = [raced("torch", k, 1.0, timing_changes=changed) for k, changed in enumerate(changes)]
    row = rows(only(records, manifest(("torch",), seeds=0)))["torch"]
    assert row.fresh == {"first_step_s": 2, "cold_start_s": 1, "peak_rss_mib": 2}
    row = rows(only([raced("torch", 0, 1.0, timing_changes=used)], manifest(("torch",), seeds=0)))["torch"]
    assert row.fresh == {}


def test_the_mode_is_what_the_framework_said():
    told = [trained("torch", s, 0.9, settings={"execution": word}) for s, word in enumerate(("eager", "eager", "x"))]
    found = rows(only([*told, trained("keras-jax", 0, 0.9, settings={})]))
    assert found["torch"].mode == "eager / x"
    assert (found["keras-jax"].mode, found["keras-jax"].notes["mode"]) == (None, "the arm did not tell")


def doubtful(name):
    """A race that alone is SLOWER, at p = .007."""
    speeds = [1.0, 1.1, 1.2, 1.1, 1.0, 1.1, 1.2, 1.1]
    return [
        *(raced("torch", k, 1.0, on=name) for k in range(8)),
        *(raced("keras-jax", k, speed, on=name) for k, speed in enumerate(speeds)),
    ]


def even(name):
    speeds = [0.7, 1.4, 0.8, 1.25, 0.7, 1.4, 1.0, 1.0]
    return [
        *(raced("torch", k, 1.0, on=name) for k in range(8)),
        *(raced("keras-jax", k, speed, on=name) for k, speed in enumerate(speeds)),
    ]


def test_a_doubtful_verdict_does_not_survive_among_many_comparisons():
    names = [f"w{i}" for i in range(8)]
    workloads = {name: workload(name) for name in names}
    alone = summarize(manifest(workloads=names[:1], seeds=0, launches=8), doubtful("w0"), workloads)
    assert rows(alone.comparisons[0])["keras-jax"].time_verdict is TimeVerdict.SLOWER
    records = doubtful("w0") + [record for name in names[1:] for record in even(name)]
    among = summarize(manifest(workloads=names, seeds=0, launches=8), records, workloads)
    assert rows(among.comparisons[0])["keras-jax"].time_verdict is TimeVerdict.INCONCLUSIVE


def test_looks_do_not_cost_a_verdict():
    names = [f"w{i}" for i in range(8)]
    records = doubtful("w0") + [record for name in names[1:] for record in even(name) if record.cell.index < 7]
    workloads = {name: workload(name) for name in names}
    summary = summarize(manifest(workloads=names, seeds=0, launches=8), records, workloads)
    assert rows(summary.comparisons[0])["keras-jax"].time_verdict is TimeVerdict.SLOWER


def test_equivalence_is_adjusted_too():
    def trainings(name, noise):
        differences = [noise, -noise, 0.0, noise, -noise]
        torch = [trained("torch", s, 0.9, on=name) for s in range(5)]
        return torch + [trained("keras-jax", s, 0.9 + d, on=name) for s, d in enumerate(differences)]

    def verdict(names, records):
        run = manifest(workloads=names, seeds=5, launches=0)
        return rows(summarize(run, records, {n: workload(n) for n in names}).comparisons[0])[
            "keras-jax"
        ].accuracy_verdict

    names = [f"w{i}" for i in range(8)]
    barely = trainings("w0", 0.009)  # p = .034
    assert verdict(names[:1], barely) is AccuracyVerdict.EQUIVALENT
    noisy = [record for name in names[1:] for record in trainings(name, 0.1)]
    assert verdict(names, barely + noisy) is AccuracyVerdict.INCONCLUSIVE


def test_a_workload_that_is_gone_is_named():
    with pytest.raises(ValueError, match="mlp_digits"):
        summarize(manifest(), [], {})
