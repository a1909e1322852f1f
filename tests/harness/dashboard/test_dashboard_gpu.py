"""What a GPU did during a race, as a dashboard carries it."""

import json

import pytest
from dashboard_runs import on_a_gpu
from nvml_traces import SOURCE, calls
from report_factories import gpu_timeline, manifest, raced, whole_run, workload

from harness.dashboard import page
from harness.dashboard.timelines import EVERY, MOST, timelines
from harness.report import gpu
from harness.report.summary import summarize


def test_the_page_has_the_values_of_every_point_with_spans_and_blocks():
    document = page.document(on_a_gpu())
    (race,) = document["timelines"]
    assert race["name"] == "mlp_digits · fp32"
    assert (race["at"][:3], race["end"]) == ([0.0, 0.1, 0.2], 12.0)
    lines = {line["name"]: line for panel in race["panels"] for line in panel["lines"]}
    assert lines["power"]["mean"][:2] == [520.0, 521.0]
    assert (lines["memory"]["mean"][-1], lines["memory"]["unit"]) == (22.0, "GiB")
    assert "low" not in lines["power"]
    assert race["held"][0] == [6.0, 6.3, "sw_power_cap"]
    names = [document["facets"]["arm"][one["a"]][0] for one in race["blocks"]]
    assert names == ["torch", "keras-jax"]
    assert race["blocks"][0]["at"][0] == [2.0, 2.8]
    assert [row["c"][0] for row in document["tables"]["gpu"]["rows"]] == ["mlp_digits · fp32"]
    assert SOURCE in json.dumps(document["gpu"], ensure_ascii=False)


def test_what_was_not_told_is_null_and_a_quantity_without_values_has_no_line():
    samples = [calls(i, without=["nvmlDeviceGetUtilizationRates"]) for i in range(3)]
    samples[1]["nvmlDeviceGetPowerUsage"] = {"error": 10}
    (race,) = page.document(on_a_gpu(samples))["timelines"]
    assert [panel["label"] for panel in race["panels"]] == ["power (W)", "clocks (MHz)", "memory (GiB)"]
    assert race["panels"][0]["lines"][0]["mean"] == [520.0, None, 522.0]


def test_without_samples_there_is_nothing():
    document = page.document(summarize(manifest(), whole_run(), {"mlp_digits": workload()}))
    assert (document["timelines"], document["gpu"]) == ([], [])
    assert "gpu" not in document["tables"]


def test_points_are_put_together_where_there_are_many_races_and_keep_least_and_greatest():
    names = [f"network_{i:03}" for i in range(MOST + 20)]
    seen = {"gpu": gpu_timeline(200)}
    records = [raced("torch", 0, 2.0, on=name, timing_changes=seen) for name in names]
    summary = summarize(manifest(["torch"], workloads=names), records, {name: workload(name) for name in names})
    document = page.document(summary)
    drawn = document["timelines"]
    assert len(drawn) == MOST, "the table has all"
    assert len(document["tables"]["gpu"]["rows"]) == len(names)
    assert sum(len(race["at"]) for race in drawn) <= EVERY
    power = drawn[0]["panels"][1]["lines"][0]
    size = -(-200 // (EVERY // MOST))
    first = [calls(i)["nvmlDeviceGetPowerUsage"] / 1e3 for i in range(size)]
    assert power["mean"][0] == pytest.approx(sum(first) / size, rel=1e-3)
    assert (power["low"][0], power["high"][0]) == (min(first), max(first))


def test_the_page_stays_small():
    summary = on_a_gpu(3000)
    (race,) = page.document(summary)["timelines"]
    assert len(json.dumps(race, separators=(",", ":"))) < 25_000
    facets = page.Facets(summary)
    every = gpu.watched(summary.comparisons) * 24
    assert len(json.dumps(timelines(every, facets), separators=(",", ":"))) < 250_000
