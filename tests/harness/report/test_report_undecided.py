"""Which races further launches are asked for: those without a verdict whose interval is wide."""

import pytest
from report_factories import block, manifest, passed, raced, workload

from harness.report.summary import summarize
from harness.report.undecided import undecided

RACE = ("mlp_digits", "fp32", "matched")


def asked(ratios, *, launches=8, more=(), **changes):
    """``ratios`` of keras-jax to torch, launch by launch."""
    records = [raced("torch", k, 2.0) for k in range(len(ratios))]
    records += [raced("keras-jax", k, 2.0 * ratio) for k, ratio in enumerate(ratios)]
    run = manifest(launches=launches, seeds=0, **changes)
    return undecided(summarize(run, [*records, *more], {"mlp_digits": workload()}))


@pytest.mark.parametrize(
    ("ratios", "open_"),
    [
        ([2.0, 2.1] * 4, False),
        ([1.0, 1.001] * 4, False),
        ([0.9, 1.2] * 4, True),
        ([1.015, 1.05] * 4, False),
    ],
    ids=["slower", "same", "wide", "no verdict, but within 2 %"],
)
def test_a_race_is_open_without_a_verdict_unless_it_is_known_well_enough(ratios, open_):
    assert asked(ratios) == ({RACE: "mlp_digits · fp32"} if open_ else {})


def test_looks_that_are_planned_make_a_verdict_harder():
    ratios = [1.02, 1.12] * 4
    assert asked(ratios) == {}
    assert asked(ratios, most_launches=40).keys() == {RACE}


def test_launches_that_were_added_stand_for_none_that_is_missing():
    records = [raced(arm, k, 2.0) for arm in ("torch", "keras-jax") for k in range(12) if k or arm == "torch"]
    run = manifest(launches=8, seeds=0, most_launches=12)
    (comparison,) = summarize(run, records, {"mlp_digits": workload()}).comparisons
    assert comparison.missing == 1


def test_what_stayed_contended_is_open_and_what_has_no_rival_is_not():
    crowded = [block(i, 2.0, contended=True) for i in range(4)]
    disturbed = [raced(arm, k, crowded) for arm in ("torch", "keras-jax") for k in range(8)]
    assert asked([], more=disturbed).keys() == {RACE}
    assert asked([], more=[raced("torch", k, 2.0) for k in range(8)]) == {}


def test_forward_passes_keep_a_race_open_too():
    passes = [passed("torch", k, 1.0) for k in range(8)]
    passes += [passed("keras-jax", k, ratio) for k, ratio in enumerate([0.8, 1.3] * 4)]
    assert asked([2.0, 2.1] * 4, more=passes, scopes=["step", "inference"]).keys() == {RACE}
