"""Each sentence of the verdict says what the figures say, and something else when they say something else."""

import dataclasses

from advice_runs import RIVAL, pair, records, reference, summary
from report_factories import block, failed, raced, status

from harness.advice.advice import advise
from harness.advice.sentences import sentences
from harness.advice.weighting import Weighting
from harness.contract import Outcome

TWO = ("a", "b")


def told(found, **weights):
    return sentences(advise(found, Weighting(title="tests", weights=weights or {"speed": 3, "memory": 1})))


def one(found, beginning, **weights):
    """The only sentence that begins so."""
    (sentence,) = [sentence for sentence in told(found, **weights) if sentence.startswith(beginning)]
    return sentence


def none(found, beginning, **weights):
    return not [sentence for sentence in told(found, **weights) if sentence.startswith(beginning)]


def test_the_first_is_named_with_its_total_and_those_behind():
    assert (
        told(pair(memory=0.5))[0] == "For tests **`torch` comes first** with 0.875 of 1; behind: `keras-jax` (0.625)."
    )
    assert told(pair(ratio=0.5), speed=1)[0] == (
        "For tests **`keras-jax` comes first** with 1.000 of 1; behind: `torch` (0.500)."
    )


def test_no_difference_that_matters_is_said_where_there_is_none():
    assert told(pair(ratio=1.02), speed=1)[0] == (
        "For tests there is **no difference that matters** between `torch` and `keras-jax`: 1.000, 1.000 of 1, within "
        "3 % of each other."
    )
    assert "no difference" not in told(pair(ratio=1.06), speed=1)[0]


def test_two_may_be_alike_and_a_third_behind():
    found = [*reference("a"), *records("a", ratio=1.01), *records("a", arm="keras-torch", ratio=4.0)]
    line = told(summary(found, arms=("torch", RIVAL, "keras-torch"), workloads=("a",)), speed=1)[0]
    assert "**no difference that matters** between `torch` and `keras-jax`" in line
    assert line.endswith("; behind: `keras-torch` (0.250).")


def test_what_decides_is_told_for_both_sides():
    assert one(pair(memory=0.5), "What puts") == (
        "What puts `torch` before `keras-jax`: train step (+0.375); what speaks for `keras-jax`: host memory (−0.125)."
    )
    assert one(pair(), "What puts") == "What puts `torch` before `keras-jax`: train step (+0.375)."
    assert none(pair(ratio=1.0), "What puts")


def test_the_smallest_change_of_a_weight_is_told_with_what_comes_of_it():
    # 3 + m / 2 = 1.03 (1.5 + m) at m = 1.455 / .53
    assert one(pair(memory=0.5), "The smallest change") == (
        "The smallest change of one weight that changes this: host memory from 1 to more than 2.745, the others as "
        "they are; then `keras-jax` and `torch` are the leaders, with no difference that matters."
    )
    # s + .5 = 1.03 (s / 4 + 1) at s = .53 / .7425
    slow = one(pair(ratio=4.0, memory=0.5), "The smallest change", speed=1, memory=1)
    assert "train step from 1 to less than 0.7138" in slow


def test_where_no_weight_can_change_it_that_is_said():
    found = advise(pair(), Weighting(weights={"speed": 1}))
    settled = dataclasses.replace(found, verdict=dataclasses.replace(found.verdict, flips=[]))
    assert "No change of a single weight changes this." in sentences(settled)
    assert "No change of a single weight changes this." not in sentences(found)


def test_intervals_that_leave_nothing_open_say_so():
    assert one(pair(workloads=TWO, memory=0.5), "The intervals") == (
        "The intervals of what was measured leave no other verdict open, not even all at their ends at once."
    )


def test_an_interval_that_could_change_it_alone_is_named():
    line = one(pair(ratio=1.353, spread=0.3), "**Within its interval alone**", speed=1)
    assert line == "**Within its interval alone**, train step could change this."
    assert none(pair(ratio=1.5), "**Within its interval alone**", speed=1)


def test_figures_without_an_interval_are_named():
    assert one(pair(memory=0.5), "The intervals").endswith(
        ". Without an interval, and so taken as measured: host memory."
    )


def test_weights_without_a_figure_are_told_of():
    assert one(pair(), "Not measured", speed=3, inference=2, memory=1) == (
        "Not measured, and so without part: forward pass (2). The other 4 of 6 in weights are taken as the whole."
    )
    assert none(pair(), "Not measured")


def test_a_verdict_from_too_little_of_what_counts_is_provisional():
    assert told(pair(), speed=3, inference=2, memory=1)[0].startswith(
        "**Provisional**, for only 4 of 6 in weights were measured. For tests **`torch` comes first**"
    )
    assert told(pair(), speed=3, inference=1)[0].startswith("For tests **`torch` comes first**")


def test_who_is_not_ranked_is_told_with_the_reason():
    arms = ("torch", RIVAL, "keras-torch", status("keras-tensorflow", supported=False, reason="not installed"))
    found = [*reference("a"), *records("a"), *records("a", arm="keras-torch", launches=0)]
    lines = told(summary(found, arms=arms, workloads=("a",)))
    assert "Not ranked: `keras-torch`, no figure of its train step." in lines
    assert "Not ranked: `keras-tensorflow`, unsupported: not installed." in lines
    assert none(pair(), "Not ranked")


def test_an_unproven_run_is_marked():
    assert one(pair(run={"proofs": None}), "**UNVERIFIED**")
    assert none(pair(), "**UNVERIFIED**")


def test_arms_that_took_no_turns_are_marked():
    found = pair()
    suite = found.manifest.suite.model_copy(update={"interleaved": False})
    apart = dataclasses.replace(found, manifest=found.manifest.model_copy(update={"suite": suite}))
    assert one(apart, "**Not interleaved**")
    assert none(found, "**Not interleaved**")


def test_a_broken_track_is_left_out_and_named():
    broken = [*reference("a"), *records("a", initial_sha256="e" * 64)]
    found = summary([*broken, *reference("b"), *records("b")], workloads=TWO)
    assert one(found, "Left out") == "Left out, for arms that must start alike did not: `a · fp32`."
    assert advise(found, Weighting(weights={"speed": 1})).findings["speed"].about.startswith("1 of 1 workloads")
    assert none(pair(), "Left out")


def test_workloads_that_only_some_have_are_told_of():
    found = [*reference("a"), *reference("b"), *records("a"), *records("b", launches=0)]
    line = one(summary(found, workloads=TWO), "Compared only")
    assert line.endswith(
        "have a figure: train step (1 of 2), host memory (1 of 2), first step (1 of 2), cold start (1 of 2)."
    )
    assert none(pair(workloads=TWO), "Compared only")


def test_a_disturbed_race_is_named():
    stormy = [raced(RIVAL, k, [block(i, 9.0, contended=True) for i in range(4)], on="a") for k in range(8)]
    found = summary([*reference("a"), *stormy, *reference("b"), *records("b")], workloads=TWO)
    assert one(found, "Left out", speed=1) == (
        "Left out, for other programs disturbed the times (UNSTABLE): `a · fp32`."
    )


def test_a_look_is_called_one():
    assert one(pair(launches=3, seeds=2), "A look") == (
        "A look: 3 launches of 8 and 2 seeds of 5 that a verdict of the report would need."
    )
    assert one(pair(launches=3), "A look") == "A look: 3 launches of 8 that a verdict of the report would need."
    assert none(pair(), "A look")


def test_damaged_records_are_told_of():
    assert one(pair(run={"damaged": ["r/a.json: cut"]}), "Records") == "Records that could not be read are left out: 1."
    assert none(pair(), "Records")


def test_without_a_choice_there_is_no_verdict():
    alone = summary(reference("mlp_digits"))
    assert told(alone)[0] == "**No verdict**: only torch has results to be judged by."
    crashes = [failed("step", arm, 0, Outcome.CRASHED, "signal 6") for arm in ("torch", RIVAL)]
    lines = told(summary(crashes))
    assert lines[0] == "**No verdict**: no arm has a result."
    assert "Not ranked: `torch`, crashed: signal 6." in lines
    assert told(pair(), inference=1)[0] == "**No verdict**: the run measured nothing that has a weight."
    broken = [*reference("mlp_digits"), *records("mlp_digits", initial_sha256="e" * 64)]
    assert told(summary(broken))[0] == "**No verdict**: the run has no workload on which arms can be compared."
