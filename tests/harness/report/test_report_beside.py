"""Inference by batch size, latency and time to target in a report: figures by hand, reasons, tables, pictures."""

import io
import math

import pytest
from matplotlib.colors import same_color
from report_factories import (
    block,
    failed,
    manifest,
    passed,
    raced,
    status,
    trained,
    waited,
    whole_run,
    workload,
)
from rich.console import Console

from harness import report, stats
from harness.contract import Outcome
from harness.report import console, latency, markdown, plots, plots_beside, targets, throughput
from harness.report.plots import Pictures
from harness.report.sentences import sentences
from harness.report.summary import summarize
from harness.schema import Course
from harness.stats import TimeVerdict

WORKLOADS = {"mlp_digits": workload()}
NUMPY = status("numpy", witness=True)
SIZES = {"scopes": ["step", "inference"], "inference_batches": [128, 1]}


def summary(records, arms=("torch", "keras-jax"), **changes):
    return summarize(manifest(arms, **changes), records, WORKLOADS)


def comparison(*given, **changes):
    (found,) = summary(*given, **changes).comparisons
    return found


def page_of(told):
    return " ".join(markdown.render(told, Pictures({}, None)).split())  # cells are padded


def cells(told, row):
    """The cells of the first row of the page that begins with these cells."""
    lines = markdown.render(told, Pictures({}, None)).splitlines()
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return next(line for line in found if line[: len(row)] == row)


RATIOS = {1: 0.4, 32: 0.5, 128: 0.8}


def swept(launches=3):
    return [
        passed(arm, k, (1 + size / 128) * factor, batch_size=size)
        for size, ratio in RATIOS.items()
        for arm, factor in (("torch", 1.0), ("keras-jax", ratio))
        for k in range(launches)
    ]


# ---------------------------------------------------------------------------------------- inference by batch size


def test_samples_a_second_are_all_samples_over_all_seconds_of_clean_blocks():
    fast = [block(0, 1.0, steps=10), block(1, 1.0, steps=300), block(2, 9.0, contended=True)]
    slow = [block(0, 2.0, steps=50), block(1, 2.0, steps=50), block(2, 2.0, steps=50)]
    records = [passed("torch", 0, fast, batch_size=128), passed("torch", 1, slow, batch_size=128)]
    found = comparison([*whole_run(), *records], **SIZES)
    evidence = {size: race.evidence["torch"] for size, race in throughput.sweep(found)}[128]
    told = throughput.rate(evidence, 128)
    assert told.level.estimate == pytest.approx(128 * (310 + 150) / (0.310 + 0.300))
    assert told.level.interval == stats.level([128_000.0, 64_000.0]).interval
    assert told.level.count == 2


def test_sizes_are_sorted_the_own_among_them_and_each_has_ratios_of_its_own():
    found = comparison([*whole_run(), *swept()], **SIZES)
    sizes = throughput.sweep(found)
    assert [size for size, _ in sizes] == [1, 32, 128]
    assert [race.label for _, race in sizes] == ["inference, batch 1", "inference", "inference, batch 128"]
    assert found.race("inference").leg.batch_size is None
    for size, race in sizes:
        reference, rival = race.rows
        assert reference.step_ms == pytest.approx(1 + size / 128, rel=1e-6)
        assert rival.ratio.estimate == pytest.approx(RATIOS[size], rel=1e-5)
    assert found.missing == 0


def test_a_run_that_names_no_size_has_no_table_of_sizes():
    told = summary([*whole_run(), *(passed("torch", k, 1.0) for k in range(3))], scopes=["step", "inference"])
    (found,) = told.comparisons
    assert throughput.sweep(found) == []
    assert "samples/s" not in page_of(told)
    assert plots_beside.rates(found) is None


def test_the_table_has_a_row_for_each_size_and_arm():
    told = summary([*whole_run(), *swept()], **SIZES)
    rate = f"{128 / (0.8e-3 * 2):,.0f}"
    assert cells(told, ["128", "`keras-jax`"])[2:4] == ["1.60", f"{rate} [{rate}, {rate}]"]
    assert "which repeat where a batch is larger than their number" in page_of(told)
    (said,) = [s for s in sentences(told) if s.startswith("A forward pass takes, ")]
    assert "0.400 [0.400, 0.400] (`mlp_digits · fp32 · batch 1`) to 0.800 [0.800, 0.800]" in said
    assert "(`mlp_digits · fp32 · batch 128`), 3 races: " in said
    shown = Console(file=io.StringIO(), width=100)
    shown.print(console.tables(told))
    assert shown.file.getvalue().count("inference by batch size") == 1


def test_a_size_that_failed_is_a_row_with_its_reason_and_a_failure_of_that_size():
    gone = [failed("inference", "keras-jax", k, Outcome.OUT_OF_MEMORY_HOST, "7 TiB", batch_size=128) for k in range(3)]
    kept = [record for record in swept() if (record.cell.arm, record.cell.batch_size) != ("keras-jax", 128)]
    told = summary([*whole_run(), *kept, *gone], **SIZES)
    assert cells(told, ["128", "`keras-jax`"])[3].startswith("– (")
    assert "out_of_memory_host: 7 TiB" in page_of(told)
    (failure,) = told.failures
    assert failure.cells == ("mlp_digits", "fp32", "inference, batch 128")
    (found,) = told.comparisons
    assert found.missing == 0
    assert dict(throughput.sweep(found))[1].rows[1].ratio is not None


def test_rates_are_drawn_with_their_intervals():
    records = [
        *whole_run(),
        *(passed("torch", k, 1.0 + 0.1 * k, batch_size=size) for size in (1, 32, 128) for k in range(3)),
    ]
    figure = plots_beside.rates(comparison(records, **SIZES))
    (axes,) = figure.axes
    (line,) = [
        line
        for line in axes.lines
        if same_color(line.get_color(), plots.colour("torch"))
        and len(line.get_xdata()) > 2
        and line.get_marker() == "o"
    ]
    assert list(line.get_xdata()) == [1, 32, 128]
    assert line.get_ydata()[2] == pytest.approx(128 * line.get_ydata()[0])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert "samples/s" in axes.get_ylabel()


# --------------------------------------------------------------------------------------------------------- latency

LATENCY = {"scopes": ["step", "latency"]}


def of_latency(records, launches=3, **changes):
    return summary([*whole_run(launches=launches), *records], launches=launches, **LATENCY, **changes)


def hundredths(count, slow=1.0):
    return [slow * (i + 1) / 100 for i in range(count)]


def test_percentiles_are_those_of_each_launch_and_their_mean_is_geometric():
    told = of_latency([waited("torch", k, hundredths(400, slow)) for k, slow in enumerate((1.0, 2.0, 4.0))])
    found = latency.percentiles(told.comparisons[0].race("latency").evidence["torch"])
    for name, place in (("p50", 200), ("p90", 360), ("p99", 396)):
        levels = [place / 100 * slow for slow in (1.0, 2.0, 4.0)]
        assert found[name].level.estimate == pytest.approx(place / 100 * 2.0)
        assert found[name].level.interval.high == pytest.approx(stats.level(levels).interval.high)
        assert found[name].note is None


def test_passes_of_contended_rounds_count_for_nothing():
    slow = [9.0 if i % 4 == 1 else 1.0 for i in range(1600)]
    told = of_latency([waited("torch", k, slow, contended=(1,)) for k in range(3)])
    found = latency.percentiles(told.comparisons[0].race("latency").evidence["torch"])
    assert {name: one.level.estimate for name, one in found.items()} == pytest.approx(dict.fromkeys(found, 1.0))


def test_p99_is_told_only_of_launches_with_enough_passes():
    few = of_latency([waited("torch", k, hundredths(367)) for k in range(3)])
    found = latency.percentiles(few.comparisons[0].race("latency").evidence["torch"])
    assert found["p99"].level is None
    assert found["p99"].note == "p99 takes 368 undisturbed passes in a launch, and no launch has more than 367"
    assert found["p90"].level is not None
    assert "p99 takes 368 undisturbed passes" in page_of(few)
    some = of_latency([waited("torch", k, hundredths(367 + (k > 0))) for k in range(3)])
    found = latency.percentiles(some.comparisons[0].race("latency").evidence["torch"])
    assert found["p99"].level.count == 2
    assert found["p99"].note == "p99 takes 368 undisturbed passes in a launch, which 2 of 3 launches have"


def test_of_several_launches_one_alone_may_have_percentiles_and_no_interval():
    told = of_latency([waited("torch", k, hundredths(367 + (k > 1))) for k in range(3)])
    found = latency.percentiles(told.comparisons[0].race("latency").evidence["torch"])
    assert found["p99"].level.interval is None
    assert found["p99"].note == "p99 takes 368 undisturbed passes in a launch, which 1 of 3 launches has: no interval"


def test_a_rate_of_the_only_launch_that_nobody_disturbed_says_of_how_many():
    records = [passed("torch", k, [block(0, 1.0, contended=k > 0)], batch_size=128) for k in range(3)]
    found = comparison([*whole_run(), *records], **SIZES)
    evidence = {size: race.evidence["torch"] for size, race in throughput.sweep(found)}[128]
    told = throughput.rate(evidence, 128)
    assert (told.level.interval, told.level.count) == (None, 1)
    assert told.note == "1 of 3 launches has undisturbed rounds: no interval"
    alone = comparison([*whole_run(launches=1), records[0]], launches=1, **SIZES)
    evidence = {size: race.evidence["torch"] for size, race in throughput.sweep(alone)}[128]
    assert throughput.rate(evidence, 128).note == "one launch: no interval"


def test_one_launch_has_percentiles_without_interval():
    told = of_latency([waited("torch", 0, hundredths(400))], launches=1)
    found = latency.percentiles(told.comparisons[0].race("latency").evidence["torch"])
    assert found["p50"].level.interval is None
    assert found["p50"].note == "one launch: no interval"


def test_medians_are_raced_and_slow_single_passes_do_not_move_the_ratio():
    records = []
    for k in range(8):
        stray = [50.0 if i == k else 1.0 for i in range(400)]
        records += [waited("torch", k, [1.0] * 400), waited("keras-jax", k, [2.0 * ms for ms in stray])]
    told = of_latency(records, launches=8)
    rival = told.comparisons[0].race("latency").rows[1]
    assert rival.ratio.estimate == pytest.approx(2.0)
    assert rival.time_verdict is TimeVerdict.SLOWER
    assert cells(told, ["arm", "p50 (ms) [95 %]"])[3:5] == ["p99 (ms) [95 %]", "ratio of medians to `torch` [95 %]"]
    page = page_of(told)
    assert "after what is timed in blocks; no throughput comes from these. Passes of one sample; percentiles" in page
    assert "| `mlp_digits · fp32 · latency, batch 1` | 8 |" in page
    assert any(s.startswith("A single pass takes, ") and "`keras-jax`" in s for s in sentences(told))


def test_percentiles_are_drawn_where_they_are():
    told = of_latency([waited("torch", k, hundredths(400)) for k in range(3)])
    (axes,) = plots_beside.latencies(told.comparisons[0]).axes
    places = {line.get_marker(): line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    assert [places[mark] for mark in ("o", "D", "^")] == pytest.approx([2.0, 3.6, 3.96])


# --------------------------------------------------------------------------------------------- time and steps to target


def watched(arm, seed, metrics, joules=None, **changes):
    course = Course(steps=40, metrics=metrics, seconds=[0.1] * len(metrics), joules=joules)
    return trained(arm, seed, metrics[-1], course=course, losses=[1.0] * len(metrics), **changes)


STEPS = [raced("torch", k, 2.0) for k in range(3)]


def reach(records, **changes):
    (found,) = targets.reaches(comparison([*STEPS, *records], **changes))
    return found


def test_time_is_steps_until_the_target_times_the_raced_step():
    found = reach([watched("torch", s, metrics) for s, metrics in enumerate(([0.95], [0.1, 0.9], [0.1, 0.2, 0.91]))])
    assert (found.seeds, found.reached) == (3, 3)
    assert (found.epochs.median, found.epochs.least, found.epochs.most) == (2, 1, 3)
    assert (found.steps.median, found.steps.most) == (80, 120)
    assert (found.seconds.median, found.seconds.least) == pytest.approx((0.160, 0.080))


def test_time_is_that_of_raced_epochs_where_there_are_any():
    epochs = [passed("torch", k, 500.0, scope="epoch") for k in range(3)]
    found = reach([watched("torch", s, [0.1, 0.95]) for s in range(3)] + epochs, scopes=["step", "epoch"])
    assert found.seconds.median == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("late", "median", "most"), [(0, 2.0, 2.0), (1, 2.0, math.inf), (2, math.inf, math.inf), (3, math.inf, math.inf)]
)
def test_a_training_that_falls_short_is_censored_and_counts_as_longer(late, median, most):
    records = [watched("torch", s, [0.1, 0.5] if s < late else [0.1, 0.95]) for s in range(3)]
    found = reach(records)
    assert found.reached == 3 - late
    assert (found.epochs.median, found.epochs.most, found.epochs.censored) == (median, most, 2)
    told = summary([*STEPS, *records])
    shown = {0: "2", 1: "2 [2, > 2]", 2: "> 2 [2, > 2]", 3: "> 2"}[late]
    assert cells(told, ["`torch`", f"{3 - late} of 3"])[2] == shown
    assert any("watched epoch by epoch" in s.lower() and ("censored" in s) == bool(late) for s in sentences(told))


def test_the_median_of_two_seeds_lies_between_them():
    told = summary([*STEPS, watched("torch", 0, [0.95]), watched("torch", 1, [0.1, 0.95])])
    assert cells(told, ["`torch`", "2 of 2"])[2:5] == ["1.5 [1, 2]", "60 [40, 80]", "0.120 [0.0800, 0.160]"]


@pytest.mark.parametrize("order", [(10, 92), (92, 10)])
def test_of_two_trainings_one_of_which_falls_short_the_median_is_more_than_their_mean(order):
    curves = {10: [0.1] * 9 + [0.95], 92: [0.1] * 92}
    records = [watched("torch", s, curves[epochs]) for s, epochs in enumerate(order)]
    told = summary([*STEPS, *records])
    shown = cells(told, ["`torch`", "1 of 2"])[2:5]
    assert shown == ["> 51 [10, > 92]", "> 2,040 [400, > 3,680]", "> 4.08 [0.800, > 7.36]"]


def test_energy_of_what_falls_short_is_more_than_the_least_that_such_a_training_took():
    spent = [(True, 100.0), (False, 20.0), (False, 30.0)]
    records = [watched("torch", s, [0.1, 0.95 if met else 0.5], joules=[0.0, j]) for s, (met, j) in enumerate(spent)]
    found = reach(records)
    assert math.isinf(found.joules.median)
    assert cells(summary([*STEPS, *records]), ["`torch`", "1 of 3"])[5] == "> 20.0 [100, > 20.0]"


def test_less_may_be_better():
    known = {"mlp_digits": workload(metric="mse", target=0.5, margin=0.1)}
    records = [watched("torch", s, [0.9, 0.4]) for s in range(3)]
    (found,) = summarize(manifest(["torch"]), [*STEPS, *records], known).comparisons
    assert targets.reaches(found)[0].epochs.median == 2


def test_energy_is_that_of_the_epochs_until_then():
    found = reach([watched("torch", s, [0.1, 0.95, 0.95], joules=[1.0 + s, 2.0, 4.0]) for s in range(3)])
    assert (found.joules.median, found.joules.least, found.joules.most) == (4.0, 3.0, 5.0)


def test_what_is_not_known_has_its_reason():
    reasons = {"joules": "no counter here"}
    records = [watched("torch", s, [0.1, 0.95], reasons=reasons) for s in range(3)]
    records += [watched("numpy", s, [0.1, 0.95], reasons=reasons) for s in range(3)]
    told = summary([*STEPS, *records], arms=("torch", NUMPY))
    torch, numpy = targets.reaches(told.comparisons[0])
    assert torch.joules is numpy.seconds is None
    assert torch.notes == {"joules": "no counter here"}
    assert numpy.notes["seconds"] == "a witness checks the others and is not raced"
    assert "no counter here" in page_of(told)


def test_nothing_is_told_where_nothing_was_watched_or_there_is_no_target():
    assert targets.reaches(comparison(whole_run())) == []
    assert "first meets the target" not in page_of(summary(whole_run()))
    known = {"mlp_digits": workload(target=None)}
    records = [watched("torch", s, [0.1, 0.95]) for s in range(3)]
    (found,) = summarize(manifest(["torch"]), [*STEPS, *records], known).comparisons
    assert targets.reaches(found) == []
    assert plots_beside.over_time(found) is None


def test_the_metric_is_drawn_over_time_with_the_target():
    records = [watched("torch", s, [0.1 * s, 0.9]) for s in range(3)]
    (axes,) = plots_beside.over_time(comparison([*STEPS, *records])).axes
    line = next(line for line in axes.lines if same_color(line.get_color(), plots.colour("torch")))
    assert list(line.get_xdata()) == pytest.approx([0.08, 0.16])
    assert list(line.get_ydata()) == pytest.approx([10.0, 90.0])
    assert any(list(other.get_ydata()) == [90.0, 90.0] for other in axes.lines)
    assert axes.get_xlabel() == "time of train steps (s)"


def test_an_arm_without_times_is_left_out_of_the_picture_and_named():
    records = [watched(arm, s, [0.1, 0.95]) for arm in ("torch", "numpy") for s in range(3)]
    (found,) = summary([*STEPS, *records], arms=("torch", NUMPY)).comparisons
    (axes,) = plots_beside.over_time(found).axes
    assert [told.get_text() for told in axes.get_legend().get_texts()] == ["torch"]
    assert axes.get_xlabel() == "time of train steps (s); left out, for it has no time: numpy"


def test_a_report_has_a_picture_of_each_beside_its_table(tmp_path):
    records = [*STEPS, *swept(), *(waited("torch", k, hundredths(400)) for k in range(3))]
    records += [watched("torch", s, [0.1, 0.95]) for s in range(3)]
    told = summary(records, scopes=["step", "inference", "latency"], inference_batches=[128, 1])
    written = report.write(tmp_path, told).read_text()
    for what in ("throughput", "latency", "target"):
        name = f"{what}-01-mlp_digits-fp32.png"
        assert (tmp_path / name).stat().st_size > 0
        assert f"]({name})" in written
