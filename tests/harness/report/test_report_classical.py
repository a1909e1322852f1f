"""Classical models beside networks: figures by hand, and a sentence that changes when the data say otherwise."""

import io

import pytest
from report_factories import fitted, manifest, trained, whole_run, workload
from rich.console import Console

from harness.contract import Outcome
from harness.dashboard import page
from harness.report import contests, markdown
from harness.report.console import tables
from harness.report.plots import Pictures
from harness.report.sentences import sentences
from harness.report.summary import summarize
from harness.schema import WorkloadChoice

KNOWN = {"mlp_digits": workload(), "softmax_digits": workload("softmax_digits", margin=0.03)}
NAMES = ("linear_model", "random_forest")


def summary(records, *, known=KNOWN, names=NAMES, seeds=5, workloads=("mlp_digits", "softmax_digits"), **changes):
    """Torch trains two networks on one dataset; the better one, the MLP, at 0.95 on average in 2 s."""
    run = manifest(("torch",), workloads=workloads, baselines=list(names), seeds=seeds, launches=0, **changes)
    return summarize(run, [*networks(seeds), *records], known)


def networks(seeds=5):
    best = [trained("torch", s, 0.948 + 0.001 * (s % 5)) for s in range(seeds)]
    return best + [trained("torch", s, 0.90, on="softmax_digits") for s in range(seeds)]


def fits(name, middle, seeds=5, **changes):
    """A model at ``middle`` on average, apart by a tenth of the margin from seed to seed."""
    return [fitted(name, s, middle + 0.001 * (s % 5 - 2), **changes) for s in range(seeds)]


def said(*records, **changes):
    (sentence,) = [s for s in sentences(summary(records, **changes)) if s.startswith("On `digits` ")]
    return sentence


def test_figures_by_hand():
    records = [*fits("linear_model", 0.93, train_s=0.1), *[fitted("random_forest", s, 0.96) for s in range(5)]]
    (contest,) = summary(records).contests
    assert [network.comparison.workload.name for network in contest.networks] == ["mlp_digits", "softmax_digits"]
    assert (contest.dataset, contest.margin, contest.best.train_s, contest.cut) == ("digits", 0.01, 2.0, False)
    linear, forest = contest.models
    assert linear.mean.estimate == pytest.approx(0.93)
    assert linear.difference.estimate == pytest.approx(-0.02)
    # Welch: both sides have a variance of 2.5e-6 over 5 seeds, so t(8, .975) = 2.306 standard errors of 1e-3.
    assert linear.difference.interval.high == pytest.approx(-0.02 + 2.306e-3, abs=1e-6)
    assert (linear.answer, linear.train_s, linear.predict_s) == ("WORSE", 0.1, 0.01)
    assert (forest.answer, forest.mean.half_width) == ("BETTER", 0.0)


def test_the_best_network_is_chosen_by_its_mean_and_gives_its_margin():
    records = [trained("torch", s, 0.97 + 0.001 * s, on="softmax_digits") for s in range(5)]
    run = manifest(("torch",), workloads=["mlp_digits", "softmax_digits"], baselines=["linear_model"], seeds=5)
    mlp = [trained("torch", s, 0.95) for s in range(5)]
    (contest,) = summarize(run, [*mlp, *records, *fits("linear_model", 0.96)], KNOWN).contests
    assert contest.best.comparison.workload.name == "softmax_digits"
    assert (contest.margin, contest.models[0].answer) == (0.03, "EQUIVALENT")


def test_a_model_that_does_better_is_said_to():
    sentence = said(*fits("random_forest", 0.98), *fits("linear_model", 0.95))
    assert sentence.startswith(
        "On `digits` a classical model does better: `random_forest` is BETTER than the best network, "
        "`mlp_digits · fp32` in `torch`: +3.00 [+2.77, +3.23] pp beside a margin of ±1 pp, "
    )


def test_one_that_does_as_well_is_said_to_with_what_it_costs():
    sentence = said(*fits("random_forest", 0.93), *fits("linear_model", 0.951, train_s=0.1))
    assert sentence == (
        "On `digits` a classical model does as well, within the margin: `linear_model` is EQUIVALENT to the best "
        "network, `mlp_digits · fp32` in `torch`: +0.10 [−0.13, +0.33] pp beside a margin of ±1 pp, "
        "at 1/20 of the training time (0.10 s, 2.0 s)."
    )


def test_where_all_are_worse_the_network_does_better():
    sentence = said(*fits("random_forest", 0.93), *fits("linear_model", 0.90))
    assert sentence.startswith(
        "On `digits` the network does better: all 2 classical models are WORSE than the best network, "
        "`mlp_digits · fp32` in `torch`; the nearest is `random_forest`: −2.00 [−2.23, −1.77] pp "
    )
    gone = [fitted("linear_model", s, None, outcome=Outcome.CRASHED, reason="gone") for s in range(5)]
    assert "the one classical model that gave a result (of 2) is WORSE than" in said(
        *fits("random_forest", 0.93), *gone
    )


def test_what_is_not_shown_is_left_open():
    scattered = [fitted("random_forest", s, m) for s, m in enumerate((0.91, 0.99, 0.92, 0.98, 0.95))]
    sentence = said(*scattered, *fits("linear_model", 0.90))
    assert "it is open which does better" in sentence
    assert "the nearest is `random_forest`: " in sentence
    assert sentence.endswith(", INCONCLUSIVE.")


def test_few_seeds_and_a_cut_budget_are_a_look():
    sentence = said(*fits("linear_model", 0.98, seeds=4), seeds=4, names=["linear_model"])
    assert "a look, no verdict (a verdict needs 5 seeds)" in sentence
    cut = [WorkloadChoice(name="mlp_digits", epochs=2), WorkloadChoice(name="softmax_digits")]
    records = [
        record.model_copy(update={"cell": type(record.cell)(**{**vars(record.cell), "epochs": 2})})
        if record.cell.workload == "mlp_digits"
        else record
        for record in networks()
    ]
    run = manifest(("torch",), workloads=cut, baselines=["linear_model"], seeds=5, launches=0)
    found = summarize(run, [*records, *fits("linear_model", 0.98)], KNOWN)
    assert found.contests[0].models[0].answer == "look"
    assert "a look, no verdict (a network's budget was cut)" in contests.sentence(found.contests[0])
    assert "budget cut to 2 of 3 epochs: no verdicts on this dataset" in contests.part(found.contests[0]).notes


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        (0.1, "at 1/20 of the training time (0.10 s, 2.0 s)"),
        (0.0017, "at 1/1,200 of the training time (0.0017 s, 2.0 s)"),
        (1.9, "at about the same training time (1.9 s, 2.0 s)"),
        (30.0, "at 15 times the training time (30 s, 2.0 s)"),
        (0.0, "training times (0 s, 2.0 s)"),
    ],
)
def test_times_that_were_not_raced_are_told_roughly(mine, told):
    assert said(*fits("linear_model", 0.98, train_s=mine), names=["linear_model"]).endswith(f", {told}.")


def test_seconds_that_others_disturbed_are_left_out_or_said_to_be():
    records = fits("linear_model", 0.951, seeds=3, train_s=0.1)
    records += [fitted("linear_model", s, 0.951, train_s=9.0, contended=True) for s in (3, 4)]
    (model,) = summary(records, names=["linear_model"]).contests[0].models
    assert (model.train_s, model.disturbed) == (0.1, 2)
    notes = contests.part(summary(records, names=["linear_model"]).contests[0]).notes
    assert "other programs took cores from 2 of 5 fits, which are left out" in notes
    sentence = said(*fits("linear_model", 0.951, train_s=9.0, contended=True), names=["linear_model"])
    assert sentence.endswith(", training times disturbed by other programs (9.0 s, 2.0 s).")


def test_without_a_network_or_a_model_nothing_is_compared():
    run = manifest(("torch",), baselines=["linear_model"], seeds=5, launches=0)
    (contest,) = summarize(run, fits("linear_model", 0.98), KNOWN).contests
    assert (contest.best, contest.models[0].answer) == (None, None)
    assert contests.sentence(contest) == (
        "On `digits` no network gave a result; the best classical model is `linear_model` (98.00 ± 0.20 %)."
    )
    (contest,) = summarize(run, networks(), KNOWN).contests
    assert contests.sentence(contest) == "On `digits` no classical model gave a result."
    assert contest.models[0].note == "no record: the run did not come to it"


def test_verdicts_are_adjusted_over_all_models_and_leave_those_of_networks_alone():
    lone = [fitted("linear_model", s, m) for s, m in enumerate((0.9569, 0.9639, 0.9509, 0.9599, 0.9529))]
    (alone,) = summary(lone, names=["linear_model"]).contests[0].models
    assert alone.answer == "BETTER"
    assert 0.025 < alone.difference.p_different < 0.05  # so that twice as much is no longer below .05
    alike = [fitted("random_forest", s, m) for s, m in enumerate((0.91, 0.99, 0.92, 0.98, 0.95))]
    assert summary([*lone, *alike]).contests[0].models[0].answer == "INCONCLUSIVE"
    rows = [row for c in summarize(manifest(seeds=5, launches=8), whole_run(5, 8), KNOWN).comparisons for row in c.rows]
    run = manifest(seeds=5, launches=8, baselines=["linear_model"])
    again = [row for c in summarize(run, [*whole_run(5, 8), *lone], KNOWN).comparisons for row in c.rows]
    assert [row.accuracy_verdict for row in again] == [row.accuracy_verdict for row in rows]


def test_a_run_without_classical_models_says_nothing_of_them():
    found = summarize(manifest(), whole_run(), KNOWN)
    assert found.contests == ()
    assert "lassical" not in markdown.render(found, Pictures({}, None))


def test_a_workload_that_classical_models_cannot_learn_has_no_contest():
    known = {"mlp_digits": workload(form="tokens")}
    assert summary([], known=known | {"softmax_digits": workload("softmax_digits", metric="iou")}).contests == ()


def test_the_report_shows_the_table_the_reasons_and_the_settings():
    gone = [fitted("random_forest", 4, None, outcome=Outcome.TIMEOUT, reason="no | answer", settings={})]
    records = [*[fitted("linear_model", s, 0.951) for s in range(5)], *fits("random_forest", 0.93, seeds=4), *gone]
    found = summary(records)
    document = markdown.render(found, Pictures({}, None))
    section = document.split("\n## Classical models beside networks\n")[1].split("\n## ")[0]
    assert "### `digits`" in section
    rows = [[part.strip("| ") for part in line.split(" | ")] for line in section.splitlines()]
    lines = {row[0]: row for row in rows}
    assert lines["`mlp_digits · fp32`"][1:5] == ["`MLP` in `torch`", "95.00 ± 0.20", "best network", "–"]
    assert lines["`linear_model`"][1:5] == ["`Linear_Model`", "95.10 ± 0.00 (2)", "+0.10 [−0.10, +0.30]", "EQUIVALENT"]
    assert lines["`random_forest`"][4] == "look"
    assert lines["`random_forest`"][7].startswith("4 of 5 (3)")
    assert "3. timeout: no \\| answer" in section
    assert "- `random_forest`, `Random_Forest`: arguments.random_state = 0 / 1 / 2 / 3\n" in section
    failures = document.split("\n## Failures\n")[1].split("\n## ")[0]
    assert "`digits · random_forest`" in failures
    assert "**1 of 20 cells failed**" in document
    environment = document.split("\n## Environment\n")[1]
    (versions,) = [line for line in environment.splitlines() if line.startswith("| `sklearn`")]
    assert "classical models" in versions


def test_models_that_fail_alike_are_told_apart():
    gone = {"outcome": Outcome.CRASHED, "reason": "gone"}
    found = summary([fitted(name, s, None, **gone) for name in NAMES for s in range(5)]).failures
    assert [(failure.arm, failure.cells[0], failure.indices) for failure in found] == [
        ("sklearn", f"digits · {name}", (0, 1, 2, 3, 4)) for name in NAMES
    ]


def test_models_that_the_run_did_not_come_to_are_counted():
    found = summary(fits("linear_model", 0.93, seeds=3))
    assert any("7 cells that the suite asks for have no record" in sentence for sentence in sentences(found))


def test_the_terminal_and_the_dashboard_show_the_same():
    found = summary([*fits("linear_model", 0.98), *fits("random_forest", 0.93)])
    console = Console(file=io.StringIO(), width=100)
    console.print(tables(found))
    shown = console.file.getvalue()
    assert "digits · classical models beside networks" in shown
    assert "+3.00 ± 0.23" in shown
    document = page.document(found)
    table = document["tables"]["classical"]
    cells = [[cell if isinstance(cell, str) else cell[0] for cell in row["c"]] for row in table["rows"]]
    assert [row[1] for row in cells] == ["mlp_digits · fp32", "softmax_digits · fp32", *NAMES]
    assert cells[2][3:7] == ["98.00 ± 0.20 %", "+3.00 [+2.77, +3.23] pp", "±1 pp", "BETTER"]
    assert cells[3][6] == "WORSE"
    arms = [name for name, *_ in document["facets"]["arm"]]
    assert {arms[row["k"][3]] for row in table["rows"]} == {"torch", "sklearn"}


def test_names_from_a_record_cannot_break_the_page():
    nasty = "a | b `c` <script>"
    (contest,) = summary([fitted(nasty, s, 0.93) for s in range(5)], names=[]).contests
    shown = contests.part(contest)
    assert "<script>" not in (shown.table + shown.sentence).replace("\\<script\\>", "")
    assert all(line.replace("\\|", "").count("|") == 9 for line in shown.table.splitlines())
