import math

import pytest
from report_factories import block, manifest, raced, trained, workload

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
    assert torch.factor == pytest.approx(torch.fp32.step_ms / torch.bf16.step_ms)
    assert torch.interval.low < torch.factor < torch.interval.high
    assert math.sqrt(torch.interval.low * torch.interval.high) == pytest.approx(torch.factor)
    assert torch.difference is None


def test_one_launch_has_no_interval():
    (torch,) = found(both((2.0,), (1.0,)))
    assert (torch.factor, torch.interval) == (pytest.approx(2.0), None)


def test_the_metric_is_compared_over_seeds():
    records = [trained("torch", s, 0.9 + 0.01 * s) for s in range(3)]
    records += [trained("torch", s, 0.88 + 0.01 * s, precision="bf16") for s in range(3)]
    (torch,) = found([*both(), *records])
    assert torch.difference.estimate == pytest.approx(-0.02)
    assert not torch.difference.paired


def test_an_arm_is_beside_itself_in_the_same_track_only():
    records = [*both(track="stock"), *both(arm="keras-jax", fast=())]
    (torch,) = found(records, tracks=["matched", "stock"])
    assert (torch.bf16.arm, torch.comparison.track) == ("torch", "stock")
    assert found(both(fast=())) == []


def test_a_disturbed_race_is_marked():
    disturbed = [block(i, 1.0, contended=i > 0) for i in range(4)]
    (torch,) = found(both(fast=(disturbed, disturbed, disturbed)))
    assert torch.unstable
    assert not found(both())[0].unstable
