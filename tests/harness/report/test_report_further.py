"""Forward passes and epochs in a report: races of their own, beside that of train steps."""

import io

from report_factories import block, failed, manifest, passed, raced, status, whole_run, workload
from rich.console import Console

from harness.contract import Outcome
from harness.report import console, markdown
from harness.report.plots import Pictures
from harness.report.sentences import sentences
from harness.report.summary import summarize
from harness.stats import TimeVerdict

WORKLOADS = {"mlp_digits": workload()}
ARMS = ("torch", "keras-jax", status("numpy", witness=True))


def summary(records, **changes):
    return summarize(manifest(ARMS, scopes=["step", "inference"], **changes), records, WORKLOADS)


def passes(launches=3):
    return [passed(arm, k, ms) for arm, ms in (("torch", 1.0), ("keras-jax", 0.5)) for k in range(launches)]


def race(found):
    (one,) = found.further
    return one


def test_the_ratio_is_that_of_passes_and_the_train_steps_keep_theirs():
    (found,) = summary([*whole_run(), *passes()]).comparisons
    reference, rival = race(found).rows
    assert (race(found).reference, reference.arm, reference.ratio) == ("torch", "torch", None)
    assert (round(reference.step_ms, 6), round(rival.step_ms, 6)) == (1.0, 0.5)
    assert round(rival.ratio.estimate, 6) == 0.5
    (alone,) = summarize(manifest(ARMS), whole_run(), WORKLOADS).comparisons
    assert found.rows == alone.rows
    assert alone.further == ()
    assert found.missing == alone.missing == 0


def test_passes_get_a_verdict_from_as_many_launches_as_steps():
    (found,) = summary([*whole_run(launches=8), *passes(8)], launches=8).comparisons
    assert race(found).rows[1].time_verdict is TimeVerdict.FASTER
    assert found.rows[1].time_verdict is TimeVerdict.SLOWER


def test_the_report_has_a_table_a_sentence_and_the_contention_of_passes():
    told = summary([*whole_run(), *passes()])
    page = markdown.render(told, Pictures({}, None))
    assert "Forward passes over the same staged batches" in page
    assert [line.split("|")[2].strip() for line in page.splitlines() if line.startswith("| `keras-jax`")][1] == "0.500"
    assert "| `mlp_digits · fp32 · inference`" in page
    assert any(
        s.startswith("A forward pass takes, ") and "`keras-jax` (compiled by XLA) 0.500" in s for s in sentences(told)
    )
    assert any("of 24 rounds" in s for s in sentences(told))
    shown = Console(file=io.StringIO(), width=100)
    shown.print(console.tables(told))
    assert "mlp_digits · fp32 · inference" in shown.file.getvalue()


def test_passes_that_failed_or_are_missing_have_their_reason():
    records = [*whole_run(), *(failed("inference", "keras-jax", k, Outcome.CRASHED, "signal 9") for k in range(3))]
    told = summary(records)
    (found,) = told.comparisons
    reference, rival = race(found).rows
    assert reference.notes["step_ms"] == "no record: the run did not come to it"
    assert rival.notes["step_ms"] == rival.notes["ratio"] == "crashed: signal 9"
    assert found.missing == 3
    assert "crashed: signal 9" in markdown.render(told, Pictures({}, None))


def test_a_disturbed_race_of_passes_is_named():
    crowded = [block(i, 1.0, contended=True) for i in range(4)]
    records = [*whole_run(), *(passed(arm, k, crowded) for arm in ("torch", "keras-jax") for k in range(3))]
    assert {(name, row.arm) for name, row in summary(records).unstable} == {
        ("mlp_digits · fp32 · inference", arm) for arm in ("torch", "keras-jax")
    }


def test_epochs_stand_beside_passes_in_a_table_of_their_own():
    both = {"scopes": ["step", "inference", "epoch"]}
    epochs = [
        passed(arm, k, ms, scope="epoch") for arm, ms in (("torch", 400.0), ("keras-jax", 800.0)) for k in range(3)
    ]
    told = summarize(manifest(ARMS, **both), [*whole_run(), *passes(), *epochs], WORKLOADS)
    (found,) = told.comparisons
    assert [one.scope for one in found.further] == ["inference", "epoch"]
    assert round(found.race("epoch").rows[1].ratio.estimate, 6) == 2.0
    assert round(found.race("inference").rows[1].ratio.estimate, 6) == 0.5
    assert found.missing == 0
    page = markdown.render(told, Pictures({}, None))
    assert page.index("Forward passes over") < page.index("Whole epochs as each framework's users train them")
    assert [line.split("|")[2].strip() for line in page.splitlines() if line.startswith("| `keras-jax`")][2] == "800"
    assert "| `mlp_digits · fp32 · epochs`" in page
    assert any(s.startswith("An epoch takes, ") and "`keras-jax` (compiled by XLA) 2.00" in s for s in sentences(told))


def test_memory_by_phase_is_the_largest_of_the_launches_and_comes_from_all_scopes():
    mib = 2**20
    kept = [{"import": 200 * mib, "step": (300 + k) * mib} for k in range(3)]
    steps = [raced("torch", k, 2.0, timing_changes={"phases": phases}) for k, phases in enumerate(kept)]
    epochs = [passed("torch", 0, 400.0, scope="epoch", phases={"epoch": 350 * mib})]
    told = summarize(manifest(ARMS, scopes=["step", "epoch"]), [*steps, *epochs], WORKLOADS)
    (found,) = told.comparisons
    assert found.phases == {"torch": {"import": 200.0, "step": 302.0, "epoch": 350.0}}
    page = " ".join(markdown.render(told, Pictures({}, None)).split())  # cells are padded
    assert "| arm | import (MiB) | train steps (MiB) | epochs (MiB) |" in page
    assert "| `torch` | 200 | 302 | 350 |" in page
    (silent,) = summarize(manifest(ARMS), whole_run(), WORKLOADS).comparisons
    assert silent.phases == {}
    assert "Peak host memory in each phase" not in markdown.render(summary(whole_run()), Pictures({}, None))
