"""Techniques and tracks in a report: figures by hand, what is said of expectations, what is shown and where."""

import io

import pytest
from report_factories import failed, manifest, raced, trained, whole_run, workload
from rich.console import Console

from harness import report
from harness.contract import Expectation, Outcome, Technique, Variant
from harness.report import markdown
from harness.report.console import tables
from harness.report.plots import Pictures, draw
from harness.report.summary import summarize
from harness.schema import WorkloadChoice

QUICKER = Expectation("train_loss", "quick", "it is quick", against="slow", at_most=-0.1)
LIGHTER = Expectation("weight_norm", "quick", "it is light", at_least=1.0, at_most=3.0)


def variant(name, **changes):
    return Variant(name, f"the {name} one", workload(f"speed.{name}", target=None, figures=("weight_norm",), **changes))


def technique(*expectations, **changes):
    variants = (variant("slow"), variant("quick", **changes))
    return Technique("speed", "Speed", "How fast it goes.", variants, expectations)


def run(tracks=("matched",), **changes):
    named = [WorkloadChoice(name=f"speed.{name}", **changes.pop(name, {})) for name in ("slow", "quick")]
    fields = {"launches": 0, "seeds": 5} | changes
    return manifest(workloads=named, techniques=["speed"], tracks=list(tracks), **fields)


def seeds(arm, on, metrics, losses, norms=None, **changes):
    norms = norms or [2.0] * len(metrics)
    return [
        trained(arm, s, m, losses=(1.0, loss, loss), on=f"speed.{on}", figures={"weight_norm": norm}, **changes)
        for s, (m, loss, norm) in enumerate(zip(metrics, losses, norms, strict=True))
    ]


SLOW = ([0.90, 0.91, 0.92, 0.93, 0.94], [0.50, 0.51, 0.52, 0.53, 0.54])
QUICK = ([0.92, 0.93, 0.94, 0.95, 0.96], [0.30, 0.30, 0.33, 0.32, 0.35])


def both(arms=("torch", "keras-jax"), quick=QUICK, **changes):
    return [
        r for arm in arms for on, found in (("slow", SLOW), ("quick", quick)) for r in seeds(arm, on, *found, **changes)
    ]


def summary(records, asked=None, of=None):
    of = of or technique(QUICKER, LIGHTER)
    return summarize(asked or run(), records, {v.workload.name: v.workload for v in of.variants}, {"speed": of})


def test_figures_by_hand():
    (family,) = summary(both()).families
    assert (family.first, list(family.comparisons), family.figures) == (
        "slow",
        ["slow", "quick"],
        ["train_loss", "weight_norm"],
    )
    lines = {(line.variant.name, line.row.arm): line for line in family.lines}
    assert len(lines) == 4
    first, second = lines["slow", "torch"], lines["quick", "torch"]
    assert first.against_first is None
    assert first.note is None
    assert first.figures["train_loss"].estimate == pytest.approx(0.52)
    assert first.figures["weight_norm"].estimate == 2.0
    assert second.against_first.estimate == pytest.approx(0.02)
    assert second.against_first.paired
    assert second.against_first.interval.low == pytest.approx(0.02)  # every seed gains as much


def test_other_initial_values_are_not_paired():
    records = [*seeds("torch", "slow", *SLOW), *seeds("torch", "quick", *QUICK, initial_sha256="e" * 64)]
    (family,) = summary(records).families
    (line,) = [line for line in family.lines if (line.variant.name, line.row.arm) == ("quick", "torch")]
    assert not line.against_first.paired


def test_expectations_are_judged_in_every_arm():
    worse = [(f + 0.25) for f in QUICK[1]]
    records = [*both(("torch",)), *both(("keras-jax",), quick=(QUICK[0], worse))]
    (family,) = summary(records).families
    found = {(j.expectation.figure, j.arm): (j.verdict, j.claim.estimate, j.claim.paired) for j in family.judgements}
    assert found == {
        ("train_loss", "torch"): ("held", pytest.approx(-0.2), True),
        ("train_loss", "keras-jax"): ("not held", pytest.approx(0.05), True),
        ("weight_norm", "torch"): ("held", 2.0, False),
        ("weight_norm", "keras-jax"): ("held", 2.0, False),
    }


def test_seeds_that_scatter_cannot_tell():
    scattered = (QUICK[0], [0.10, 0.90, 0.05, 0.70, 0.20])
    judgement = summary(both(quick=scattered)).families[0].judgements[0]
    assert judgement.verdict == "cannot tell"
    assert judgement.claim.interval.low < QUICKER.at_most < judgement.claim.interval.high


def test_a_variant_that_diverged_says_so():
    lost = [failed("accuracy", "torch", s, Outcome.DIVERGED, "a loss became inf", on="speed.quick") for s in range(5)]
    (family,) = summary([*seeds("torch", "slow", *SLOW), *lost]).families
    judgement = family.judgements[0]
    assert (judgement.verdict, judgement.claim) == ("cannot tell", None)
    assert judgement.note == "speed.quick: diverged: a loss became inf"
    (line,) = [line for line in family.lines if (line.variant.name, line.row.arm) == ("quick", "torch")]
    assert line.note == "diverged: a loss became inf"


def test_few_seeds_and_a_cut_budget_are_a_look():
    few = [record for record in both() if record.cell.index < 4]
    assert {j.verdict for j in summary(few, run(seeds=4)).families[0].judgements} == {"look"}
    cut = both(epochs=2)
    judgements = summary(cut, run(slow={"epochs": 2}, quick={"epochs": 2})).families[0].judgements
    assert {(j.verdict, j.note) for j in judgements} == {("look", "the budget was cut")}


def test_arms_that_did_not_run_a_variant_are_not_missed():
    records = [*both(("torch",)), *seeds("keras-jax", "slow", *SLOW)]
    found = summary(records, run(quick={"arms": ["torch"]}))
    (family,) = found.families
    assert [(line.variant.name, line.row.arm) for line in family.lines] == [
        ("slow", "torch"),
        ("slow", "keras-jax"),
        ("quick", "torch"),
    ]
    assert {j.arm for j in family.judgements if j.expectation is QUICKER} == {"torch"}
    assert sum(comparison.missing for comparison in found.comparisons) == 0


def test_another_dataset_is_not_compared():
    (family,) = summary(both(), of=technique(dataset="mnist5k")).families
    notes = {line.note for line in family.lines if line.variant.name == "quick"}
    assert notes == {"the first variant is measured on something else"}


def test_tracks_are_families_of_their_own_and_their_gap_is_told():
    better = ([m + 0.01 for m in SLOW[0]], SLOW[1])
    stock = seeds("torch", "slow", *better, track="stock", initial_sha256="a" * 64)
    stock += seeds("keras-jax", "slow", *better, track="stock", initial_sha256="b" * 64)
    found = summary([*both(), *stock], run(("matched", "stock"), launches=0))
    assert [family.name for family in found.families] == ["speed · fp32", "speed · fp32 · stock"]
    assert [(gap.comparison.name, gap.matched.arm) for gap in found.gaps] == [
        ("speed.slow · fp32", "torch"),
        ("speed.slow · fp32", "keras-jax"),
    ]
    assert found.gaps[0].difference.estimate == pytest.approx(-0.01)
    assert not found.gaps[0].difference.paired
    assert [c.health.conflicts for c in found.comparisons] == [()] * 4
    shown = markdown.render(found, Pictures({}, None))
    chapter = shown.partition("## Speed · fp32 · stock")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in chapter.splitlines()]
    (row,) = [row for row in rows if row[:2] == ["`speed.slow · fp32`", "`torch`"]]
    assert row[2:4] == ["92.00 ± 1.96 %", "93.00 ± 1.96 %"]
    assert row[4].startswith("−1.00 [")
    assert "matched − stock" not in shown.replace(chapter, "")
    assert "Matched minus stock, 2 differences: the largest in units of its margin is −1.00 [" in shown


def test_arms_of_the_stock_track_must_still_see_the_same_data():
    stock = seeds("torch", "slow", *SLOW, track="stock")
    stock += seeds("keras-jax", "slow", *SLOW, track="stock", dataset_sha256="x" * 64)
    found = summary(stock, run(("stock",)))
    assert any("data, accuracy seed 0" in conflict for c in found.comparisons for conflict in c.health.conflicts)
    assert "> **TRACK BROKEN" in markdown.render(found, Pictures({}, None))


def test_the_chapter_shows_table_and_expectations():
    shown = markdown.render(summary(both()), Pictures({}, None, {"speed · fp32": "speed.png"}))
    assert "## speed.slow" not in shown  # a variant has no section of its own
    chapter = shown.partition("## Speed · fp32")[2].partition("\n## ")[0]
    assert "How fast it goes." in chapter
    assert "UNVERIFIED" in chapter
    assert "+2.00 [+2.00, +2.00]" in chapter
    assert "- Last training loss of `quick` less that of `slow` is at most −0.1, because it is quick:" in chapter
    assert "  - `torch`: **held**, −0.200 [−0.2" in chapter
    assert "- Weight norm of `quick` is at least 1 and at most 3, because it is light:" in chapter
    assert "](speed.png)" in chapter
    assert "2 variants of 1 technique in fp32" in shown
    assert "Expectations of techniques, each in every arm: 4 held." in shown
    assert "**Expectations** (5 seeds or more)" in shown


def test_races_of_variants_are_told_in_one_line():
    times = [
        raced(arm, k, 2.0, on=f"speed.{on}")
        for arm in ("torch", "keras-jax")
        for on in ("slow", "quick")
        for k in (0, 1)
    ]
    found = summary([*both(), *times], run(launches=2))
    shown = markdown.render(found, Pictures({}, None))
    (line,) = [line for line in shown.partition("## Contention")[2].splitlines() if line.startswith("| `speed")]
    assert [cell.strip() for cell in line.split("|")][1:4] == ["`speed · fp32, 2 variants`", "2", "16"]


def test_what_does_not_hold_is_said_in_the_summary():
    page = markdown.render(summary(both(quick=(QUICK[0], SLOW[1]))), Pictures({}, None))
    assert (
        "; **not as expected**: train loss of `speed.quick` in `torch` (matched track)"
        in page.partition("## Contents")[0]
    )


def test_a_terminal_shows_a_table_for_the_family():
    stream = io.StringIO()
    Console(file=stream, width=100).print(tables(summary(both())))
    shown = stream.getvalue()
    assert "speed · fp32" in shown
    assert "94.00 ± 1.96" in shown
    assert "expectations, arm by arm: 4 held" in shown
    assert "speed.quick" not in shown


def test_the_picture_is_drawn_and_shown(tmp_path):
    found = summary(both())
    assert draw(found, tmp_path) == Pictures({}, None, {"speed · fp32": "technique-speed-fp32.png"})
    assert "technique-speed-fp32.png" in report.write(tmp_path, found).read_text(encoding="utf-8")


def test_a_run_of_a_technique_that_is_gone_says_so():
    with pytest.raises(ValueError, match="techniques that do not exist any more: speed"):
        summarize(run(), [], {f"speed.{name}": workload() for name in ("slow", "quick")})


def test_a_report_without_techniques_says_nothing_of_them():
    shown = markdown.render(summarize(manifest(), whole_run(), {"mlp_digits": workload()}), Pictures({}, None))
    assert "xpectation" not in shown
    assert "stock" not in shown.lower()


def test_the_gap_of_a_workload_has_a_section_of_its_own():
    asked = manifest(tracks=["matched", "stock"], launches=0)
    records = [*whole_run(launches=0), *whole_run(launches=0, gain=0.02, track="stock")]
    shown = markdown.render(summarize(asked, records, {"mlp_digits": workload()}), Pictures({}, None))
    assert "## mlp_digits · fp32 · stock" in shown
    section = shown.partition("## What the frameworks' own defaults change")[2].partition("\n## ")[0]
    assert "−1.90" in section
    assert "| `mlp_digits · fp32` | `torch`" in section


def test_a_failure_names_the_track_that_is_not_matched():
    lost = [
        failed("accuracy", "torch", 0, Outcome.CRASHED, "gone", on="speed.slow", track=t) for t in ("matched", "stock")
    ]
    shown = markdown.render(summary(lost, run(("matched", "stock"))), Pictures({}, None))
    assert "`speed.slow` · fp32 · accuracy, seed 0" in shown
    assert "`speed.slow` · fp32 · stock · accuracy, seed 0" in shown
