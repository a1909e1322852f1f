import math

import pytest
from report_factories import MIB, block, manifest, raced, trained, workload

from harness.report import markdown
from harness.report.plots import Pictures
from harness.report.speedups import speedups
from harness.report.summary import summarize


def found(records, **changes):
    run = manifest(precisions=["fp32", "bf16"], **changes)
    return speedups(summarize(run, records, {"mlp_digits": workload()}).comparisons)


def both(slow=(2.0, 2.0, 2.0), fast=(1.0, 1.0, 1.0), arm="torch", **changes):
    records = [raced(arm, k, ms, **changes) for k, ms in enumerate(slow)]
    return records + [raced(arm, k, ms, precision="bf16", **changes) for k, ms in enumerate(fast)]


def test_the_factor_is_that_of_the_two_step_times():
    (torch,) = found(both((2.0, 2.2, 2.1), (1.0, 1.3, 1.1)))
    assert torch.speed.estimate == pytest.approx(torch.before.step_ms / torch.after.step_ms)
    low, high = torch.speed.interval.low, torch.speed.interval.high
    assert low < torch.speed.estimate < high
    assert math.sqrt(low * high) == pytest.approx(torch.speed.estimate)
    assert torch.difference is None


def test_one_launch_has_no_interval():
    (torch,) = found(both((2.0,), (1.0,)))
    assert (torch.speed.estimate, torch.speed.interval) == (pytest.approx(2.0), None)


def test_memory_is_compared_over_the_launches_that_told_it():
    def peaks(slow, fast):
        told = [("fp32", slow), ("bf16", fast)]
        return [
            raced("torch", k, 1.0, precision=precision, timing_changes={"peak_rss_bytes": mib and mib * MIB})
            for precision, each in told
            for k, mib in enumerate(each)
        ]

    (torch,) = found(peaks((400, 400, None), (100, 400, None)))
    assert torch.memory.estimate == pytest.approx(0.5)
    assert torch.memory.interval.low < 0.5 < torch.memory.interval.high
    (torch,) = found(peaks((400, None), (200, None)))
    assert (torch.memory.estimate, torch.memory.interval) == (pytest.approx(0.5), None)
    (torch,) = found(peaks((400, 400), (None, None)))
    assert torch.memory is None


def test_the_report_has_a_chapter_with_all_that_precision_changes():
    records = both((2.0, 2.2, 2.1), (1.0, 1.1, 1.05)) + both(arm="keras-jax", fast=(4.0,))
    records += [trained("torch", s, 0.9 + 0.01 * s) for s in range(3)]
    records += [trained("torch", s, 0.88 + 0.01 * s, precision="bf16") for s in range(3)]
    run = manifest(precisions=["fp32", "bf16"])
    page = markdown.render(summarize(run, records, {"mlp_digits": workload()}), Pictures({}, None))
    chapter = page.split("\n## Mixed precision\n")[1].split("\n## ")[0]
    rows = [line.split("|") for line in chapter.replace("\\", "").splitlines() if "| `mlp_" in line]
    torch, jax = ([cell.strip() for cell in row[1:-1]] for row in rows)
    assert torch[:5] == ["`mlp_digits`", "`torch`", "fp32 → bf16", "2.10", "1.05"]
    assert torch[5:] == ["2.00 [1.80, 2.23]", "1.00 [1.00, 1.00]", "−2.00 [−4.27, +0.27] pp"]
    assert jax[5:] == ["0.500 (1)", "1.00 (1)", "– (2)"]
    assert "\n1. one launch: no interval\n2. not trained at both precisions\n" in chapter
    alone = markdown.render(summarize(manifest(), both(fast=()), {"mlp_digits": workload()}), Pictures({}, None))
    assert "Mixed precision" not in alone


def test_the_metric_is_compared_over_seeds():
    records = [trained("torch", s, 0.9 + 0.01 * s) for s in range(3)]
    records += [trained("torch", s, 0.88 + 0.01 * s, precision="bf16") for s in range(3)]
    (torch,) = found([*both(), *records])
    assert torch.difference.estimate == pytest.approx(-0.02)
    assert not torch.difference.paired


def test_an_arm_is_beside_itself_in_the_same_track_only():
    records = [*both(track="stock"), *both(arm="keras-jax", fast=())]
    (torch,) = found(records, tracks=["matched", "stock"])
    assert (torch.after.arm, torch.comparison.track) == ("torch", "stock")
    assert found(both(fast=())) == []


def test_a_disturbed_race_is_marked():
    disturbed = [block(i, 1.0, contended=i > 0) for i in range(4)]
    (torch,) = found(both(fast=(disturbed, disturbed, disturbed)))
    assert torch.unstable
    assert not found(both())[0].unstable


def test_less_precision_is_held_against_each_that_has_more():
    records = [
        raced("torch", 0, ms, precision=precision) for precision, ms in (("fp32", 4.0), ("tf32", 2.0), ("bf16", 1.0))
    ]
    run = manifest(precisions=["fp32", "tf32", "bf16"])
    each = speedups(summarize(run, records, {"mlp_digits": workload()}).comparisons)
    assert [(one.change, one.speed.estimate) for one in each] == [
        ("fp32 → tf32", pytest.approx(2.0)),
        ("fp32 → bf16", pytest.approx(4.0)),
        ("tf32 → bf16", pytest.approx(2.0)),
    ]
    page = markdown.render(summarize(run, records, {"mlp_digits": workload()}), Pictures({}, None))
    assert "In bf16 a train step is so many times as fast as in tf32" in page


def test_on_a_gpu_it_is_the_memory_of_the_gpu():
    def told(precision, mib):
        peaks = {"live_bytes": mib * MIB, "pool_bytes": None, "since_start": False}
        changes = {"device_memory": {"first step": {**peaks, "live_bytes": 1}, "step": peaks}}
        return raced("torch", 0, 1.0, precision=precision, timing_changes=changes)

    (torch,) = found([told("fp32", 300), told("bf16", 150)])
    assert torch.memory.estimate == pytest.approx(0.5)
