"""Each sentence of the summary, and how it changes when the data say otherwise."""

from report_factories import block, failed, manifest, raced, status, trained, whole_run, workload

from harness.contract import Outcome
from harness.report.sentences import sentences
from harness.report.summary import summarize
from harness.schema import WorkloadChoice

WORKLOADS = {"mlp_digits": workload(), "lenet": workload("lenet")}


def said(start, records, run=None, workloads=WORKLOADS):
    """Return the one sentence that starts so, or None."""
    found = [s for s in sentences(summarize(run or manifest(), records, workloads)) if s.startswith(start)]
    assert len(found) <= 1
    return found[0] if found else None


def test_what_was_asked_and_whether_there_are_verdicts():
    asked = "1 workload in fp32 on `torch`, `keras-jax`, "
    needs = "a verdict needs 5 seeds for accuracy and 8 launches for time"
    assert said("1 ", whole_run()) == f"{asked}3 seeds and 3 launches a cell: **a look, no verdicts** ({needs})."

    def tail(seeds, launches):
        run = manifest(seeds=seeds, launches=launches)
        return said("1 ", whole_run(seeds, launches), run).split(": ")[1].split(" (")[0]

    assert tail(5, 3) == "verdicts on accuracy, no verdicts on time"
    assert tail(3, 8) == "verdicts on time, no verdicts on accuracy"
    assert tail(5, 8) == "verdicts on accuracy and time"
    assert said("1 ", [failed("step", "torch", 0, Outcome.CRASHED, "x")]).endswith("**no cell gave a result.**")


def test_a_run_asked_for_verdicts_that_came_to_a_look_says_look():
    assert "**a look, no verdicts**" in said("1 ", whole_run(3, 3), manifest(seeds=5, launches=8))


def test_speed_of_one_race():
    start = "A train step takes, in multiples of one of `torch` (eager): `keras-jax`"
    found = said(start, whole_run(ratio=2.0))
    assert found == f"{start} (compiled by XLA) 1.98 [1.93, 2.03] (`mlp_digits · fp32`), 1 race: a look."
    assert "0.495 [0.483, 0.507]" in said(start, whole_run(ratio=0.5))
    assert said(start, whole_run(launches=0)) is None
    assert said(start, whole_run(0, 8), manifest(launches=8)).endswith(", 1 race: 1 SLOWER.")
    assert said(start, whole_run(0, 8, ratio=0.5), manifest(launches=8)).endswith(", 1 race: 1 FASTER.")


def test_speed_over_several_workloads_names_the_extremes():
    run = manifest(workloads=["mlp_digits", "lenet"])
    found = said("A train step", whole_run(ratio=3.0) + whole_run(ratio=0.5, on="lenet"), run)
    assert (
        "(compiled by XLA) 0.495 [0.483, 0.507] (`lenet · fp32`) to 2.97 [2.90, 3.04] (`mlp_digits · fp32`), " in found
    )
    assert found.endswith(", 2 races: a look.")


def test_one_launch_gives_no_interval():
    assert "(compiled by XLA) 2.00 (`mlp_digits" in said("A train step", whole_run(1, 1), manifest(seeds=1, launches=1))


def test_accuracy():
    assert said("Accuracy", whole_run()) == (
        "Accuracy against the reference: 1 difference, a look; the largest in units of its margin is "
        "+0.11 [+0.09, +0.13] pp beside a margin of ±1 pp (`keras-jax` on `mlp_digits · fp32`); targets: 2 of 2 means "
        "reach their workload's target."
    )
    five = manifest(seeds=5)
    assert "1 difference, 1 EQUIVALENT;" in said("Accuracy", whole_run(5), five)
    assert "1 difference, 1 DIFFERENT;" in said("Accuracy", whole_run(5, gain=-0.1), five)
    same = [trained(arm, s, 0.9) for arm in ("torch", "keras-jax") for s in range(3)]
    assert said("Accuracy", same).startswith(
        "Accuracy against the reference: 1 difference, a look; all are exactly 0; targets: "
    )
    assert said("Accuracy", whole_run(seeds=0)) is None


def test_the_largest_difference_is_measured_in_margins():
    workloads = {"mlp_digits": workload(margin=0.1), "lenet": workload("lenet", margin=0.001)}
    records = whole_run(gain=0.02) + whole_run(gain=0.001, on="lenet")
    assert "`lenet · fp32`" in said("Accuracy", records, manifest(workloads=["mlp_digits", "lenet"]), workloads)


def targets(*given, **changes):
    return said("Accuracy", *given, **changes).partition("; targets: ")[2]


def test_targets():
    assert targets(whole_run()) == "2 of 2 means reach their workload's target."
    strict = {"mlp_digits": workload(target=0.952)}
    assert targets(whole_run(), workloads=strict) == (
        "1 of 2 means reach their workload's target; below it: "
        "`torch` on `mlp_digits · fp32` (95.10 ± 0.25, target 95.2 %)."
    )
    cut = manifest(workloads=[WorkloadChoice(name="mlp_digits", epochs=1)])
    cut_short = "1 of 1 comparison ran with a cut budget, where no target is judged."
    assert targets(whole_run(epochs=1), cut) == cut_short
    alone = [r for r in whole_run() if r.cell.arm == "torch"]
    assert said("Targets: ", alone) == "Targets: 1 of 1 means reach their workload's target."
    assert said("Targets", whole_run(seeds=0)) is None


def test_matched_track():
    agree = said("Matched track", whole_run())
    assert "(11 times) they agree; their first losses are the same." in agree
    apart = [
        *whole_run(launches=0),
        raced("torch", 0, 2.0),
        raced("keras-jax", 0, 4.0, timing_changes={"first_loss": 2.300001}),
    ]
    assert "first losses differ by at most 4.3e-07 relative (`mlp_digits · fp32`)." in said("Matched track", apart)
    records = whole_run()
    records[0] = trained("torch", 0, 0.95, initial_sha256="a" * 64)
    assert said("Matched track", records) is None
    assert "broken on `mlp_digits · fp32`" in said("**UNVERIFIED", records)
    silent = [r.model_copy(update={"initial_sha256": None, "dataset_sha256": None}) for r in whole_run(0, 3)]
    assert said("Whether the arms started alike is unknown", silent)
    assert said("Whether the arms started alike is unknown", whole_run()[:3]) is None


def failures(*given):
    return said("Failures", *given).partition("; contention: ")[0]


def contention(*given):
    return said("Failures", *given).partition("; contention: ")[2]


def test_failures():
    assert failures(whole_run()) == "Failures: none of 12 cells failed"
    records = [*whole_run()[:-1], failed("step", "keras-jax", 2, Outcome.TIMEOUT, "slow")]
    assert failures(records) == "Failures: **1 of 12 cells failed** (1 timeout)"
    assert failures(whole_run()[:-2]).endswith("; 2 cells that the suite asks for have no record")
    run = manifest(("torch", "keras-jax", status("keras-torch", supported=False, reason="missing")))
    records = [*whole_run(), failed("step", "keras-torch", 0, Outcome.UNSUPPORTED, "missing")]
    assert failures(records, run) == (
        "Failures: none of 13 cells failed; 1 unsupported; not runnable here: `keras-torch`"
    )


def test_contention():
    assert contention(whole_run()) == ("none of 12 rounds was disturbed; nothing is UNSTABLE.")
    rough = [block(0, 2.0), *(block(r, 9.0, contended=True) for r in (1, 2, 3))]
    records = [*(raced("torch", k, 1.0) for k in range(3)), *(raced("keras-jax", k, rough) for k in range(3))]
    assert contention(records) == (
        "9 of 12 rounds disturbed, 9 of them still after reruns and left out; "
        "**UNSTABLE**: `keras-jax` on `mlp_digits · fp32`."
    )
    blind = [raced("torch", 0, [block(0, 1.0, pressure=None, foreign=None)])]
    assert "does not tell" in contention(blind)
    assert contention(whole_run(launches=0)) == ""
