"""What two runs have in common, and what became of it."""

import dataclasses

import pytest
from report_factories import failed, manifest, raced, trained, whole_run, workload

from harness.compare import changes
from harness.compare.changes import Verdict
from harness.contract import Outcome
from harness.report.summary import summarize


def summary(records, *, on=None, **changed):
    return summarize(
        manifest(launches=8, seeds=5, **changed), records, {"mlp_digits": on or workload(), "other": workload("other")}
    )


def run(*, on=None, of="mlp_digits", **changed):
    return summary(whole_run(5, 8, on=of, **changed), on=on, workloads=(of,))


def rival(before, after, **options):
    return next(one for one in changes.find(before, after, **options).shared if one.arm == "keras-jax")


def test_a_run_beside_itself_is_the_same_in_all():
    found = changes.find(run(), run())
    assert {one.arm for one in found.shared} == {"torch", "keras-jax"}
    assert found.only_before == found.only_after == ()
    assert rival(run(), run()).ratio.verdict is Verdict.SAME
    assert [one.metric.verdict for one in found.shared] == [Verdict.SAME, Verdict.SAME]
    assert [one.metric.change for one in found.shared] == [0.0, 0.0]


@pytest.mark.parametrize(("ratio", "verdict"), [(2.2, Verdict.SLOWER), (1.8, Verdict.FASTER), (2.02, Verdict.SAME)])
def test_a_ratio_that_moved_says_which_way_and_how_far(ratio, verdict):
    found = rival(run(), run(ratio=ratio)).ratio
    assert found.verdict is verdict
    assert found.change == pytest.approx(ratio / 2.0)
    assert found.interval.low < ratio / 2.0 < found.interval.high


def test_seeds_trained_alike_are_compared_one_by_one():
    found = rival(run(), run(gain=0.004)).metric
    assert found.change == pytest.approx(0.003)
    assert found.interval.high - found.interval.low < 1e-9
    assert found.verdict is Verdict.SAME  # as far as the margin of .01 goes
    assert rival(run(), run(gain=0.02)).metric.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(("which", "told"), [([1], "second"), ([0], "first"), ([0, 1], "first and the second")])
def test_arms_that_did_not_run_one_race_are_compared_with_nothing(which, told):
    def of(number):
        records = whole_run(5, 8)
        if number in which:
            odd = {"initial_sha256": "f" * 64}
            records = [r.model_copy(update=odd) if r.cell.arm == "keras-jax" else r for r in records]
        return summary(records)

    found = rival(of(0), of(1))
    assert found.ratio is found.metric is None
    assert found.apart == dict.fromkeys(("ratio", "metric"), f"arms did not run one race in the {told} run")


def test_few_launches_and_seeds_are_a_look():
    few = summary(whole_run(3, 3))
    found = rival(few, run(ratio=4.0))
    assert found.ratio.verdict is Verdict.LOOK
    assert found.ratio.change == pytest.approx(2.0, rel=0.01)
    assert found.metric.verdict is Verdict.LOOK


def test_one_launch_and_one_seed_have_no_interval():
    found = rival(summary(whole_run(1, 1)), run())
    assert found.ratio.interval is None
    assert found.metric.interval is None


def test_the_reference_has_milliseconds_and_no_ratio():
    (reference,) = (one for one in changes.find(run(), run()).shared if one.arm == "torch")
    assert reference.ratio is None
    assert reference.step_ms == pytest.approx((2.02, 2.02), abs=0.02)


def test_across_machines_only_what_is_relative_is_left():
    found = rival(run(), run(), across_machines=True)
    assert found.step_ms is None
    assert found.peak_rss_mib is None
    assert found.ratio.verdict is Verdict.SAME


@pytest.mark.parametrize(
    ("after", "figure", "why"),
    [
        (lambda: run(epochs=2), "metric", "3 and 2 epochs"),
        (lambda: run(on=workload(batch_size=64)), "ratio", "trained on other data"),
        (lambda: summary(with_other_data()), "metric", "trained on other data"),
        (lambda: summary(without_torch()), "ratio", "references: torch and keras-jax"),
    ],
)
def test_what_is_not_the_same_thing_is_not_compared(after, figure, why):
    found = rival(run(), after())
    assert getattr(found, figure) is None
    assert found.apart[figure] == why


def with_other_data():
    return [record.model_copy(update={"dataset_sha256": "e" * 64}) for record in whole_run(5, 8)]


def without_torch():
    return [record for record in whole_run(5, 8) if record.cell.arm != "torch"] + [
        failed("accuracy", "torch", 0, Outcome.CRASHED, "gone")
    ]


def test_a_disturbed_race_is_not_compared():
    noisy = [record for record in whole_run(5, 8) if record.cell.scope == "accuracy"]
    for launch in range(8):
        for arm in ("torch", "keras-jax"):
            record = raced(arm, launch, 2.0)
            blocks = [dataclasses.replace(block, contended=block.round > 0) for block in record.timing.blocks]
            noisy.append(record.model_copy(update={"timing": record.timing.model_copy(update={"blocks": blocks})}))
    assert rival(run(), summary(noisy)).apart["ratio"] == "other programs disturbed most launches of a run"


def test_what_one_run_lacks_is_named():
    found = changes.find(run(), summary([trained("torch", s, 0.95) for s in range(5)]))
    assert found.only_before == ("mlp_digits · fp32 · keras-jax",)
    found = changes.find(run(of="other"), run())
    assert found.shared == ()
    assert len(found.only_before) == len(found.only_after) == 2
