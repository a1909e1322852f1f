import pytest
from report_factories import manifest, raced, trained, workload

from harness.dashboard.facets import Facets
from harness.dashboard.tradeoffs import accuracy_and_time, front, memory_and_throughput
from harness.report.summary import summarize


@pytest.mark.parametrize(
    ("points", "on"),
    [
        ([], []),
        ([(1, 1)], [True]),
        ([(1, 2), (2, 1)], [True, True]),
        ([(1, 1), (2, 2)], [True, False]),
        ([(1, 1), (1, 2), (2, 1)], [True, False, False]),
        ([(1, 1), (1, 1)], [True, True]),  # neither beats the other
        ([(1, 3), (2, 2), (3, 1), (3, 3)], [True, True, True, False]),
    ],
)
def test_nobody_on_the_front_is_beaten(points, on):
    assert front(points) == on


def planes(of, metrics, times=(2.0, 4.0)):
    arms = ("torch", "keras-jax")
    records = [
        trained(arm, seed, metric, on=of.name) for arm, metric in zip(arms, metrics, strict=True) for seed in range(2)
    ]
    records += [
        raced(arm, 0, ms, on=of.name, timing_changes={"peak_rss_bytes": (i + 1) * 2**30})
        for i, (arm, ms) in enumerate(zip(arms, times, strict=True))
    ]
    summary = summarize(manifest(arms, workloads=[of.name]), records, {of.name: of})
    facets = Facets(summary)
    return [make(summary.comparisons[0], facets) for make in (accuracy_and_time, memory_and_throughput)]


def test_points_are_in_the_units_of_their_axes():
    time, memory = planes(workload(), (0.90, 0.95))
    assert [(p["x"], p["y"]) for p in time["points"]] == [(2.0, 90.0), (4.0, 95.0)]
    assert [(p["x"], p["y"]) for p in memory["points"]] == [(1024.0, 16000.0), (2048.0, 8000.0)]  # batches of 32
    assert (time["x"], time["y"]) == ("train step (ms)", "accuracy (%), more is better")


@pytest.mark.parametrize(
    ("metric", "metrics", "on"),
    [
        ("accuracy", (0.90, 0.95), [True, True]),
        ("accuracy", (0.95, 0.90), [True, False]),
        ("mse", (0.90, 0.95), [True, False]),
        ("mse", (0.95, 0.90), [True, True]),
    ],
)
def test_the_front_knows_what_is_better(metric, metrics, on):
    time, memory = planes(workload(metric=metric), metrics)
    assert [point["front"] for point in time["points"]] == on
    assert [point["front"] for point in memory["points"]] == [True, False]


def test_without_points_there_is_no_plane():
    summary = summarize(manifest(), [trained("torch", 0, 0.9)], {"mlp_digits": workload()})
    comparison, facets = summary.comparisons[0], Facets(summary)
    assert accuracy_and_time(comparison, facets) is None
    assert memory_and_throughput(comparison, facets) is None
