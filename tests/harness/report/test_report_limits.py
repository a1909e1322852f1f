"""Times held against the device's ceilings, and where the time of a step goes, as a report shows them."""

import pytest
from report_factories import block, breakdown, ceiling, ceilings, manifest, passed, raced, workload

from harness.measure import sizes
from harness.report import limits, plots
from harness.report.achieved import Roof, achieved
from harness.report.roofline import roofline
from harness.report.summary import summarize

SIZE = sizes.read()["mlp_digits"]


def summary(records, **changes):
    run = manifest(("torch", "keras-jax"), launches=1, seeds=0, scopes=["step", "inference"], **changes)
    return summarize(run, records, {"mlp_digits": workload()})


def found(records, roof, **changes):
    return {(one.arm, one.scope): one for one in achieved(summary(records, **changes).workloads, roof)}


def test_the_roof_is_the_best_that_any_framework_reached():
    roof = Roof.of(ceilings())
    assert roof.products == {"float32": 100e9, "bfloat16": 200e9}
    assert (roof.memory, roof.disturbed) == (10e9, False)


def test_a_ceiling_that_others_disturbed_makes_the_roof_doubtful_only_if_it_is_the_best():
    least = ceiling("torch", "product", 1e9, dtype="float32", disturbed=True)
    most = ceiling("keras-jax", "product", 2e9, dtype="float32")
    assert not Roof.of(ceilings(least, most)).disturbed
    assert Roof.of(ceilings(least)).disturbed


def test_a_train_step_is_three_forward_passes_of_its_batch_but_for_the_gradient_by_the_data():
    told = found([raced("torch", 0, 2.0), passed("torch", 0, 1.0)], Roof.of(ceilings()))
    step, one_pass = told["torch", "step"], told["torch", "inference"]
    assert step.rate == pytest.approx(32 * (3 * SIZE.flops - 2 * 64 * 128) / 2e-3)
    assert one_pass.rate == pytest.approx(32 * SIZE.flops / 1e-3)
    assert one_pass.moved == pytest.approx(4 * (SIZE.weights + 32 * SIZE.activations) / 1e-3)
    spared = 64 * 128 + 128 + 32 * (64 + 128)
    assert step.moved == pytest.approx(3 * one_pass.moved / 2 - 4 * spared / 2e-3)


def test_a_number_of_bf16_has_half_the_bytes_and_a_ceiling_of_its_own():
    roof = Roof.of(ceilings())
    records = [raced("torch", 0, 2.0, precision="bf16")]
    (half,) = achieved(summary(records, precisions=["bf16"]).workloads, roof)
    (single,) = achieved(summary([raced("torch", 0, 2.0)]).workloads, roof)
    assert half.moved == pytest.approx(single.moved / 2)
    assert (half.peak, single.peak) == (200e9, 100e9)


@pytest.mark.parametrize(("memory", "bound"), [(1e9, "memory"), (1e12, "compute")])
def test_what_holds_it_back_is_the_lower_roof(memory, bound):
    roof = Roof({"float32": 100e9}, memory, disturbed=False)
    one = found([raced("torch", 0, 2.0)], roof)["torch", "step"]
    assert one.bound == bound
    assert one.roof == pytest.approx(min(100e9, memory * one.intensity))


def test_without_a_ceiling_of_its_kind_there_is_no_share():
    one = found([raced("torch", 0, 2.0)], Roof({}, None, disturbed=False))["torch", "step"]
    assert (one.peak, one.bandwidth, one.roof, one.bound) == (None, None, None, None)


def test_work_that_is_not_counted_is_left_out():
    records = [raced("torch", 0, 2.0, on="elsewhere")]
    run = manifest(("torch",), workloads=("elsewhere",), launches=1, seeds=0)
    told = summarize(run, records, {"elsewhere": workload("elsewhere")})
    assert achieved(told.workloads, Roof.of(ceilings())) == []


DISTURBED = [block(i, 2.0 + i, contended=i > 0) for i in range(4)]
"""Times of four rounds, from most of which others took cores."""


def chapter(**changes):
    told = summary([raced("torch", 0, 2.0), raced("keras-jax", 0, 1.0)], **changes)
    return limits.chapter(told.manifest, told.workloads, "roofline.png")


def test_a_run_without_ceilings_says_how_to_measure_them():
    shown = chapter()
    assert "`twinbench doctor --ceilings`" in shown
    assert "`twinbench breakdown WORKLOAD`" in shown
    assert "GFLOP/s" not in shown
    assert "roofline.png" not in shown


def test_a_run_with_ceilings_shows_shares():
    shown = chapter(ceilings=ceilings())
    rate = 32 * SIZE.step_flops / 2e-3 / 1e9
    (row,) = [line for line in shown.splitlines() if line.startswith("| `mlp_digits · fp32` | `torch`")]
    assert [cell.strip() for cell in row.split("|")[4:7]] == ["32", f"{rate:.3g}", f"{rate:.3g}"], "of 100 GFLOP/s"
    assert "(roofline.png)" in shown
    assert "1. a CPU has none" in shown
    assert "--ceilings` measures" not in shown


def test_ceilings_of_several_measurements_say_so():
    assert "Measured 2026-01-01 by" in chapter(ceilings=ceilings(since="2026-01-01T00:00:00Z"))
    assert "Measured 2025-12-31 to 2026-01-01 by" in chapter(ceilings=ceilings(since="2025-12-31T00:00:00Z"))


def test_a_disturbed_ceiling_is_marked():
    shown = chapter(ceilings=ceilings(ceiling("torch", "product", 1e9, dtype="float32", disturbed=True)))
    assert f"1. {limits.DISTURBED}" in shown
    assert f"While a ceiling was measured {limits.DISTURBED}" in shown


def test_a_disturbed_call_may_take_less():
    shown = chapter(ceilings=ceilings(ceiling("torch", "call", 2e-6, size=None, disturbed=True)))
    assert f"1. {limits.DISTURBED_CALL}" in shown
    assert limits.DISTURBED not in shown


def test_a_time_that_is_unstable_is_marked_and_not_drawn():
    told = summary([raced("torch", 0, DISTURBED), passed("torch", 0, 1.0)], ceilings=ceilings())
    shown = limits.chapter(told.manifest, told.workloads, "roofline.png").splitlines()
    marked = [line.split("|")[3].strip() for line in shown if line.startswith("| `mlp_digits") and " (1) |" in line]
    assert marked == ["`train step`"]
    assert f"1. {limits.UNSTABLE}" in shown
    assert [one.scope for one in roofline(told.manifest, told.workloads).points] == ["inference"]


def test_of_unstable_times_there_is_no_roofline():
    told = summary([raced("torch", 0, DISTURBED)], ceilings=ceilings())
    assert roofline(told.manifest, told.workloads) is None


def test_a_part_says_how_many_of_its_rounds_were_left_out():
    told = breakdown("torch", {"forward": 0.3, "step": 1.0})
    forward, step = told.parts
    parts = [forward.model_copy(update={"disturbed": 3}), step]
    shown = chapter(breakdowns=[told.model_copy(update={"parts": parts})])
    assert "| 0.300 (1) |" in shown
    assert "1. 3 of 4 rounds left out: others took cores" in shown


def test_parts_their_sum_and_the_gap_are_shown():
    times = {"input": 0.1, "forward": 0.3, "forward+backward": 0.6, "optimizer": 0.3, "step": 1.0, "epoch": 1.25}
    whole = breakdown("torch", times, sum_ms=0.9, gap=0.1, epoch_gap=-0.02)
    fused = breakdown("keras-jax", {"forward": 0.3, "forward+backward": None, "step": 1.0}, fused=True)
    shown = chapter(breakdowns=[whole, fused])
    rows = [[cell.strip() for cell in line.split("|")[2:-1]] for line in shown.splitlines() if "| `mlp_digits" in line]
    assert [row[1:3] for row in rows] == [["32", "2026-01-01"]] * 2
    assert [[row[0], *row[3:]] for row in rows] == [
        ["`torch`", "0.100", "0.300", "0.600", "0.300", "–", "–", "0.900", "1.00", "10.0", "1.25", "−2.0"],
        ["`keras-jax`", "–", "0.300", "– (1)", "–", "–", "–", "– (2)", "1.00", "–", "–", "–"],
    ]
    assert f"1. busy\n2. {limits.FUSED}" in shown


def test_the_roofline_has_a_roof_for_each_precision_that_was_raced():
    told = summary([raced("torch", 0, 2.0)], ceilings=ceilings())
    drawn = roofline(told.manifest, told.workloads)
    (line,) = drawn.lines
    left, ridge, right = line.corners
    assert ridge == (pytest.approx(10.0), pytest.approx(100.0))
    assert left[1] == pytest.approx(10 * left[0])
    assert right[1] == pytest.approx(100.0)
    assert left[0] < drawn.points[0].intensity < right[0]


@pytest.mark.parametrize(
    "known",
    [None, ceilings(ceiling("torch", "product", 1e9, dtype="float32")), ceilings(ceiling("torch", "memory", 1e9))],
)
def test_there_is_no_roofline_without_both_roofs(known, tmp_path):
    told = summary([raced("torch", 0, 2.0)], ceilings=known)
    assert roofline(told.manifest, told.workloads) is None
    assert plots.draw(told, tmp_path).roofline is None


def test_the_roofline_is_drawn(tmp_path):
    told = summary([raced("torch", 0, 2.0), passed("torch", 0, 1.0)], ceilings=ceilings())
    assert (tmp_path / plots.draw(told, tmp_path).roofline).read_bytes().startswith(b"\x89PNG")
