"""What a run says of each criterion, and that it invents nothing where it says nothing."""

import dataclasses
from pathlib import Path

import pytest
from advice_runs import RIVAL, pair, passes, records, reference, summary
from report_factories import block, failed, manifest, raced, status, trained, workload

from harness import registry
from harness.advice.advice import MEASURES, advise
from harness.advice.criteria import CRITERIA
from harness.advice.effort import reading
from harness.advice.ground import Ground
from harness.advice.weighting import Weighting, profiles
from harness.advice.weighting import profile as shipped
from harness.contract import Expectation, Outcome, Technique, Variant
from harness.report.summary import summarize
from harness.store.folder import RunFolder

RECORDED = Path(__file__).resolve().parents[3] / "results" / "reference" / "quick"


def measured(name, found):
    return MEASURES[name](Ground.of(found))


def values(name, found):
    return {arm: score.value for arm, score in measured(name, found).scores.items()}


@pytest.fixture(scope="module")
def recorded():
    folder = RunFolder(RECORDED)
    return folder.read_manifest(), folder.read_records()[0]


def summed(run, found):
    return summarize(run, found, registry.workloads())


def test_every_criterion_is_measured_by_something_under_its_own_name():
    assert set(MEASURES) == set(CRITERIA)
    for name, measure in MEASURES.items():
        assert measure(Ground.of(pair())).criterion is CRITERIA[name]


def test_a_train_step_is_compared_launch_by_launch():
    found = measured("speed", pair(ratio=2.0))
    assert found.shown == {"torch": "1.00 ×", RIVAL: "2.00 ×"}
    assert values("speed", pair(ratio=2.0)) == pytest.approx({"torch": 1.0, RIVAL: 0.5})
    assert values("speed", pair(ratio=0.25)) == pytest.approx({"torch": 0.25, RIVAL: 1.0})
    assert found.about == "1 of 1 workloads; intervals over 8 launches"


def test_ratios_over_workloads_are_a_geometric_mean():
    found = [*reference("a"), *reference("b"), *records("a", ratio=4.0), *records("b", ratio=1.0)]
    assert values("speed", summary(found, workloads=("a", "b")))[RIVAL] == pytest.approx(0.5)


def test_a_noisy_difference_is_none():
    assert values("speed", pair(ratio=1.1, spread=0.3)) == {"torch": 1.0, RIVAL: 1.0}
    assert values("speed", pair(ratio=1.1, spread=0.01))[RIVAL] == pytest.approx(1 / 1.1, rel=0.01)


def test_one_launch_is_taken_as_it_is_and_says_so():
    found = measured("speed", pair(launches=1))
    assert found.scores[RIVAL].value == pytest.approx(0.5)
    assert found.scores[RIVAL].ends is None
    assert "there is no interval" in found.about


def test_only_workloads_that_all_have_are_compared():
    found = [*reference("a"), *reference("b"), *records("a", ratio=4.0)]
    compared = measured("speed", summary(found, workloads=("a", "b")))
    assert compared.scores[RIVAL].value == pytest.approx(0.25)
    assert compared.about.startswith("1 of 2 workloads")


def test_a_race_that_others_disturbed_is_left_out():
    stormy = [raced(RIVAL, k, [block(i, 9.0, contended=True) for i in range(4)], on="a") for k in range(8)]
    found = [*reference("a"), *stormy, *reference("b"), *records("b", ratio=2.0)]
    compared = measured("speed", summary(found, workloads=("a", "b")))
    assert compared.about.startswith("1 of 2 workloads")
    assert compared.scores[RIVAL].value == pytest.approx(0.5)


def test_forward_passes_are_compared_where_they_were_raced():
    assert "races no forward passes" in measured("inference", pair()).reason
    found = [*reference("mlp_digits"), *records("mlp_digits"), *passes("mlp_digits", 4.0)]
    raced_too = summary(found, scopes=["step", "inference"])
    assert values("inference", raced_too) == pytest.approx({"torch": 1.0, RIVAL: 0.25})


def test_memory_and_cold_start_are_ratios():
    found = pair(workloads=("a", "b"), memory=0.5, cold_start_s=4.0)
    assert values("memory", found) == pytest.approx({"torch": 0.5, RIVAL: 1.0})
    assert measured("memory", found).shown == {"torch": "400 MiB", RIVAL: "200 MiB"}
    assert values("cold_start", found) == pytest.approx({"torch": 1.0, RIVAL: 0.75})


def test_a_first_step_counts_by_seconds():
    assert values("first_step", pair(workloads=("a", "b"), first_step_s=10.5)) == pytest.approx(
        {"torch": 1.0, RIVAL: 0.5}
    )
    assert values("first_step", pair(workloads=("a", "b"), first_step_s=0.51))[RIVAL] > 0.998


def test_a_process_that_was_not_fresh_tells_nothing():
    stale = dict.fromkeys(("first_step_s", "cold_start_s", "peak_rss_bytes"))
    found = [raced(arm, k, 2.0, timing_changes=stale) for arm in ("torch", RIVAL) for k in (0, 1)]
    for name in ("memory", "first_step", "cold_start"):
        assert "none of a fresh process" in measured(name, summary(found, launches=2)).reason


def test_a_shortfall_is_measured_from_the_best_arm_in_margins():
    behind = measured("accuracy", pair(shortfall=0.02))
    assert behind.shown == {"torch": "none", RIVAL: "2.00 margins"}
    assert behind.about.endswith(f"{RIVAL} on mlp_digits · fp32")
    assert behind.scores[RIVAL].value == pytest.approx(0.5)
    ahead = values("accuracy", pair(shortfall=-0.04))
    assert ahead == pytest.approx({"torch": 0.25, RIVAL: 1.0})
    assert values("accuracy", pair(shortfall=0.009)) == {"torch": 1.0, RIVAL: 1.0}


def test_less_is_better_turns_a_shortfall_round():
    found = [*reference("mlp_digits"), *records("mlp_digits", shortfall=0.02)]
    known = {"mlp_digits": workload(metric="mse", target=None)}
    run = summary([]).manifest
    assert values("accuracy", summarize(run, found, known)) == pytest.approx({"torch": 0.5, RIVAL: 1.0})


def test_a_shortfall_that_may_be_chance_is_none():
    wild = [trained(RIVAL, s, metric) for s, metric in enumerate((0.5, 0.99, 0.99, 0.99, 0.99))]
    found = measured("accuracy", summary([*reference("mlp_digits"), *wild]))
    assert found.scores[RIVAL].value == 1.0
    assert found.scores[RIVAL].ends.low < 0.1
    assert "margins [" in found.shown[RIVAL]


def test_the_gain_of_bf16_is_each_arms_own():
    both = {"precisions": ["fp32", "bf16"]}
    found = [*reference("mlp_digits"), *records("mlp_digits", ratio=5.0)]
    assert "fp32 and bf16" in measured("mixed_precision", summary(found)).reason
    half = {"precision": "bf16", "seeds": 0}
    found += [*reference("mlp_digits", gain=2.0, **half), *records("mlp_digits", ratio=5.0, gain=1.0, **half)]
    gained = measured("mixed_precision", summary(found, **both))
    assert gained.shown == {"torch": "2.00 ×", RIVAL: "1.00 ×"}
    assert {arm: score.value for arm, score in gained.scores.items()} == pytest.approx({"torch": 1.0, RIVAL: 0.5})


def test_failures_count_by_cell_and_not_what_recovered_or_was_unsupported():
    crashes = [failed("step", RIVAL, k, Outcome.CRASHED, "signal 6") for k in range(4)]
    found = [*reference("mlp_digits"), *records("mlp_digits", launches=0), *crashes]
    assert measured("failures", summary(found)).shown == {"torch": "13 of 13 cells", RIVAL: "9 of 13 cells"}
    again = [*reference("mlp_digits"), *records("mlp_digits"), *crashes]
    assert measured("failures", summary(again)).shown[RIVAL] == "13 of 13 cells"
    refused = [failed("step", RIVAL, k, Outcome.UNSUPPORTED, "cannot") for k in range(8)]
    found = [*reference("mlp_digits"), *records("mlp_digits", launches=0), *refused]
    assert measured("failures", summary(found)).shown[RIVAL] == "13 of 13 cells"


def test_the_same_first_loss_in_every_launch_is_the_same_bits_again():
    found = [*reference("mlp_digits"), *records("mlp_digits", launches=4)]
    assert values("reproducibility", summary(found)) == {"torch": 1.0, RIVAL: 1.0}
    other = [
        one.model_copy(update={"timing": one.timing.model_copy(update={"first_loss": 2.3 + 1e-7 * one.cell.index})})
        for one in records("mlp_digits", seeds=0)
    ]
    found = measured("reproducibility", summary([*reference("mlp_digits"), *other]))
    assert found.shown == {"torch": "1 of 1 workloads", RIVAL: "0 of 1 workloads"}


def checkpointing(ends):
    """A run that tries checkpoints; ``ends``: the metric with which each arm's interrupted training ends."""
    variants = tuple(
        Variant(name, name, workload(f"checkpointing.{name}", target=None)) for name in ("uninterrupted", "last")
    )
    same = Expectation("metric", "last", "all is kept", against="uninterrupted", at_least=0.0, at_most=0.0)
    loose = Expectation("metric", "last", "near enough", against="uninterrupted", at_least=-1.0)
    family = Technique("checkpointing", "Checkpointing", "Broken off.", variants, (same, loose))
    found = []
    for arm, metric in ends.items():
        found += [trained(arm, s, 0.9, on="checkpointing.uninterrupted") for s in range(5)]
        found += [trained(arm, s, metric, on="checkpointing.last") for s in range(5)]
    names = [variant.workload.name for variant in variants]
    run = manifest(("torch", RIVAL), workloads=names, launches=0, seeds=5, techniques=["checkpointing"])
    known = {variant.workload.name: variant.workload for variant in variants}
    return summarize(run, found, known, {"checkpointing": family})


def test_a_checkpoint_is_judged_by_what_must_be_the_same_to_the_bit():
    assert "checkpointing" in measured("checkpoint", pair()).reason
    found = measured("checkpoint", checkpointing({"torch": 0.9, RIVAL: 0.9001}))
    assert found.shown == {"torch": "1 of 1 expectations", RIVAL: "0 of 1 expectations"}


def test_code_is_that_of_the_arms_halves():
    found = measured("code", pair())
    assert set(found.shown) == {"torch", RIVAL}
    assert all(int(lines) > 10 for lines in found.shown.values())
    assert "models_torch: " in found.about
    assert "models_keras: " in found.about
    assert "the run was made by others" in found.about


def test_functions_that_read_an_argument_are_counted():
    source = (
        "def a(arrays, form):\n    return form\n\n\ndef b(arrays, form):\n    return arrays\n\n\n"
        "def c(arrays, form):\n    return a(arrays, form)\n\n\ndef d(arrays, form):\n    return form\n"
    )
    assert reading(source, ["a", "b", "c"], "form") == 2


def test_workarounds_are_rows_of_the_page():
    found = measured("workarounds", pair())
    (torch, rows), (keras, _) = (map(int, shown.split(" of ")) for shown in found.shown.values())
    assert 0 < torch < keras <= rows


def test_unknown_arms_have_no_halves_and_no_facts():
    found = summary(
        [*reference("mlp_digits"), *records("mlp_digits", arm="nobody's")], arms=("torch", status("nobody's"))
    )
    assert set(measured("code", found).shown) == {"torch"}
    assert "every arm" in measured("ecosystem", found).reason
    judged = advise(found, Weighting(weights={"speed": 1, "code": 1}))
    assert judged.without_part["code"] == "no figure of nobody's"
    assert judged.verdict.standing.leaders == ("torch",)


def test_the_share_of_facts_that_hold_of_an_arm_is_its_score():
    found = pair()
    told = advise(found, Weighting(weights={"ecosystem": 1})).facts
    scores = values("ecosystem", found)
    assert len(told) > 1
    for arm in ("torch", RIVAL):
        assert scores[arm] == sum(line.answers[arm].holds for line in told) / len(told)


# ----------------------------------------------------------------------------------------------- the recorded run


@pytest.mark.parametrize("name", profiles())
def test_a_recorded_run_gives_advice_for_every_profile(name, recorded):
    found = advise(summed(*recorded), shipped(name))
    assert set(found.ground.arms) == {"torch", "keras-tensorflow", "keras-jax", "keras-torch"}
    assert found.unranked == {}
    assert {"inference", "export", "mixed_precision", "checkpoint"} <= set(found.without_part)
    totals = found.verdict.standing.totals
    assert all(0 < total <= 1 for total in totals.values())
    assert found.verdict.standing.leaders[0] == next(iter(totals))


def test_two_arms_on_one_workload_have_the_ratio_of_the_report(recorded):
    run, found = recorded
    few = [r for r in found if r.cell.arm in {"torch", "keras-torch"} and r.cell.workload == "mlp_digits"]
    found = summed(run, few)
    (ratio,) = [
        row.ratio for c in found.comparisons for row in c.rows if row.arm == "keras-torch" and row.ratio is not None
    ]
    score = measured("speed", found).scores["keras-torch"]
    assert ratio.estimate > 1.03
    assert score.value == pytest.approx(1 / ratio.estimate)
    assert score.ends.low == pytest.approx(1 / ratio.interval.high)


def slowed(found, arm, factor):
    """The records with the blocks of one arm made longer."""

    def longer(timing):
        blocks = [dataclasses.replace(one, wall_ns=round(one.wall_ns * factor)) for one in timing.blocks]
        return timing.model_copy(update={"blocks": blocks})

    return [
        one.model_copy(update={"timing": longer(one.timing)}) if one.timing and one.cell.arm == arm else one
        for one in found
    ]


def test_a_recorded_run_with_one_arm_slowed_down_says_otherwise(recorded):
    run, found = recorded
    only_speed = Weighting(weights={"speed": 1})
    before = advise(summed(run, found), only_speed).verdict.standing
    first = before.leaders[0]
    after = advise(summed(run, slowed(found, first, 50)), only_speed).verdict.standing
    assert first not in after.leaders
    assert after.totals[first] < before.totals[first] / 10
