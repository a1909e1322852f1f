"""Whole reports of recorded runs, kept as files; and every sentence of a summary, where other data say otherwise."""

import re

import pytest
from golden_runs import (
    ARMS,
    FOLDER,
    JAX,
    RUNS,
    broken,
    disturbed,
    failed,
    failures,
    inconclusive,
    inference,
    nothing,
    of,
    one_arm,
    one_seed,
    only_failures,
    placed,
    recorded,
    scored,
    slower,
    timed,
    unstable,
    verdicts,
    with_initializers,
    with_stock,
)

from harness.contract import Outcome
from harness.dashboard import page
from harness.dashboard.inline import plain
from harness.report import markdown
from harness.report.plots import Pictures
from harness.report.sentences import divided, sentences

TENSORFLOW, MLP = "keras-tensorflow", "mlp_digits"


@pytest.mark.parametrize("name", RUNS)
def test_the_report_is_the_one_on_file(name):
    assert RUNS[name]().report() == (FOLDER / f"{name}.md").read_text(encoding="utf-8"), "see `make golden`"


def test_no_file_is_of_a_run_that_is_no_more():
    assert {path.stem for path in FOLDER.iterdir()} == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_the_dashboard_says_the_same(name):
    found = RUNS[name]().summary()
    document = page.document(found)
    for shown, told in zip((document["sentences"], document["more"]), divided(found), strict=True):
        texts = ["".join(run if isinstance(run, str) else run[0] for run in said) for said in shown]
        assert texts == [plain(sentence) for sentence in told]


def said(run):
    return sentences(run.summary())


def mlp(arms=ARMS[:3]):
    return recorded("cpu").narrowed(MLP, arms=arms)


def worse(by, arm=JAX, **where):
    """Change the metric of an arm."""
    return lambda run: run.changed(of(arm, "accuracy", **where), lambda record: scored(record, lambda m: m - by))


def without_hashes(run):
    silent = {"initial_sha256": None, "dataset_sha256": None}
    run = run.changed(lambda record: True, lambda record: record.model_copy(update=silent))
    return run.without(of(scope="accuracy"))


def in_two_precisions(run):
    again = run.asked(precisions=["fp32", "bf16"])
    return again.beside(lambda record: True, lambda record: placed(record, precision="bf16"))


def in_bf16(arm):
    return lambda record: record.cell.precision == "bf16" and of(arm, "step")(record)


def undisturbed_only_of_torch(run):
    """Every round of JAX disturbed: no ratio at all."""
    return run.changed(of(JAX, "step"), lambda record: timed(record, lambda block: {"contended": True}))


def blind(run):
    return run.changed(
        of(scope="step"), lambda record: timed(record, lambda block: {"pressure": None, "foreign": None})
    )


def other_first_loss(run, factor):
    def change(record):
        timing = record.timing.model_copy(update={"first_loss": record.timing.first_loss * factor})
        return record.model_copy(update={"timing": timing})

    return run.changed(of(JAX, "step"), change)


def crash(**where):
    return lambda run: run.changed(of(JAX, **where), failed(Outcome.CRASHED, "the process ended with signal 11"))


BESIDE = "A train step takes, in multiples of one of `torch` (eager): "
JAX_STEP = "`keras-jax` (compiled by XLA) "
ASKED = "1 workload in fp32 on `torch`, `keras-tensorflow`, `keras-jax`, 5 seeds and 8 launches a cell: "

MIXED = "In bf16 a train step is so many times as fast as in fp32, not timed side by side and so without verdict: "

PAIRS = {
    # what is asked, and whether there are verdicts
    "verdicts on both": (
        mlp,
        one_seed,
        ASKED
        + "verdicts on accuracy and time (a verdict needs 5 seeds for accuracy and 8 launches for time; p values are "
        "adjusted over this report).",
    ),
    "accuracy alone": (
        lambda: recorded("cpu").narrowed(MLP, arms=ARMS[:3], launches=3),
        mlp,
        ": verdicts on accuracy, no verdicts on time (",
    ),
    "time alone": (
        lambda: recorded("cpu").narrowed(MLP, arms=ARMS[:3], seeds=3),
        mlp,
        ": verdicts on time, no verdicts on accuracy (",
    ),
    "a look": (one_seed, verdicts, ": **a look, no verdicts** (a verdict needs 5 seeds for accuracy and 8 launches"),
    "asked for verdicts in vain": (failures, mlp, "8 launches for time, undisturbed and in two arms)"),
    "no result": (only_failures, mlp, ": **no cell gave a result.**"),
    "no rival": (one_arm, mlp, ": **no verdicts: nowhere do two arms have results to compare.**"),
    "several workloads": (verdicts, mlp, "2 workloads in fp32 on "),
    "several precisions": (lambda: in_two_precisions(mlp()), mlp, "1 workload in fp32, bf16 on "),
    "several tracks": (lambda: with_stock(mlp()), mlp, "1 workload, matched and stock track, in fp32 on "),
    "variants": (lambda: with_initializers(mlp()), mlp, "2 variants of 1 technique in fp32 on "),
    # what has to be known before any figure is believed
    "unverified": (broken, mlp, "**UNVERIFIED: nobody asked for proof that the arms compute one function.**"),
    "broken": (
        broken,
        mlp,
        "**The matched track is broken on `mlp_digits · fp32`: arms that must start or multiply alike do not.**",
    ),
    "stock track broken": (
        lambda: with_stock(mlp()).changed(
            lambda record: record.cell.track == "stock" and of(JAX)(record),
            lambda record: record.model_copy(update={"dataset_sha256": "f" * 64}),
        ),
        lambda: with_stock(mlp()),
        "**The stock track is broken on `mlp_digits · fp32 · stock`",
    ),
    # times
    "faster": (mlp, lambda: mlp().changed(of(JAX, "step"), slower(9.0)), "(`mlp_digits · fp32`), 1 race: 1 FASTER."),
    "slower": (
        lambda: mlp().changed(of(JAX, "step"), slower(9.0)),
        lambda: mlp(("torch", JAX)),
        "(`mlp_digits · fp32`), 1 race: 1 SLOWER.",
    ),
    "the same time": (
        lambda: mlp().changed(of(JAX, "step"), same_as_torch),
        mlp,
        JAX_STEP + "1.00 [1.00, 1.00] (`mlp_digits · fp32`), 1 race: 1 SAME.",
    ),
    "time inconclusive": (
        inconclusive,
        mlp,
        "(`cnn_mnist1d · fp32`), 1 race: 1 INCONCLUSIVE.",
    ),
    "a look at times": (one_seed, verdicts, ", 2 races: a look."),
    "extremes of several races": (verdicts, mlp, JAX_STEP + "0.225 [0.214, 0.238] (`mlp_digits · fp32`) to 1.59"),
    "one disturbed of two": (
        lambda: verdicts().changed(of(JAX, "step", workload=MLP), disturbed),
        verdicts,
        JAX_STEP + "1.59 [1.49, 1.70] (`lenet_mnist5k · fp32`), 2 races: 1 ",
    ),
    "nothing but disturbed": (
        unstable,
        mlp,
        JAX_STEP + "no time that says anything, 1 race: 1 UNSTABLE.",
    ),
    "no clean round at all": (
        lambda: undisturbed_only_of_torch(mlp()),
        mlp,
        JAX_STEP + "no time that says anything, 1 race: 1 UNSTABLE.",
    ),
    "forward passes": (
        inference,
        lambda: inference().changed(of("torch-transformers", "inference"), slower(3.0)),
        "A forward pass takes, in multiples of one of `torch` (eager): `torch-transformers` (eager) 1.06 [0.880, 1.28] "
        "(`bert_synthetic · fp32`), 1 race: a look.",
    ),
    "times of the stock track": (
        lambda: with_stock(mlp()),
        mlp,
        JAX_STEP + "0.225 [0.214, 0.238] (`mlp_digits · fp32 · stock`), 1 race: 1 FASTER.",
    ),
    # accuracy
    "accuracy of the stock track": (
        lambda: with_stock(mlp(), 0.05),
        lambda: with_stock(mlp()),
        "Stock track. Accuracy against the reference: 2 differences, 1 EQUIVALENT, 1 DIFFERENT; the largest",
    ),
    "accuracy of the matched track is told by itself": (
        lambda: with_stock(mlp(), 0.05),
        lambda: with_stock(worse(0.05)(mlp())),
        "2 differences, 2 EQUIVALENT; all are exactly 0; ",
    ),
    "all alike": (mlp, lambda: worse(0.001)(mlp()), "2 differences, 2 EQUIVALENT; all are exactly 0; "),
    "equivalent": (
        lambda: worse(0.001)(mlp()),
        lambda: worse(0.1)(mlp()),
        "2 differences, 2 EQUIVALENT; the largest in units of its margin is −0.10 [−0.10, −0.10] pp beside a margin of "
        "±1 pp (`keras-jax` on `mlp_digits · fp32`); ",
    ),
    "different": (lambda: worse(0.1)(mlp()), mlp, "2 differences, 1 EQUIVALENT, 1 DIFFERENT; the largest in units of"),
    "accuracy inconclusive": (
        inconclusive,
        lambda: inconclusive().changed(
            of(TENSORFLOW, "accuracy"), lambda record: scored(record, lambda metric: 0.9384)
        ),
        "Accuracy against the reference: 1 difference, 1 INCONCLUSIVE; the largest",
    ),
    "a look at accuracy": (one_seed, verdicts, "Accuracy against the reference: 4 differences, a look; the largest"),
    "accuracy without all seeds": (failures, mlp, "2 differences, a look (2 without seeds that have no result); the "),
    # targets
    "targets reached": (mlp, lambda: worse(0.1)(mlp()), "targets: 3 of 3 means reach their workload's target."),
    "below a target": (
        lambda: worse(0.1)(mlp()),
        mlp,
        "targets: 2 of 3 means reach their workload's target; below it: `keras-jax` on `mlp_digits · fp32` "
        "(86.71 ± 0.38, target 96 %).",
    ),
    "targets without all seeds": (failures, mlp, "3 of 3 means reach their workload's target (2 over fewer seeds than"),
    "cut budget": (one_seed, verdicts, "; 1 of 2 comparisons ran with a cut budget, where no target is judged."),
    "targets of the stock track": (
        lambda: with_stock(mlp(), 0.05),
        lambda: with_stock(mlp()),
        "; targets: 2 of 3 means reach their workload's target; below it: `keras-jax` on `mlp_digits · fp32 · stock` ",
    ),
    # techniques and tracks
    "an expectation that held": (
        lambda: with_initializers(mlp(), 0.9),
        lambda: with_initializers(mlp(), 0.0),
        "Expectations of techniques, each in every arm: 3 cannot tell, 3 held.",
    ),
    "an expectation that did not hold": (
        lambda: with_initializers(mlp(), 0.0),
        lambda: with_initializers(mlp(), 0.9),
        "; **not as expected**: metric of `initializers.zeros` in `torch` (matched track), ",
    ),
    "the gap between tracks": (
        lambda: with_stock(mlp(), 0.05),
        lambda: with_stock(mlp(), 0.07),
        "Matched minus stock, 3 differences: the largest in units of its margin is +5.00 [+4.55, +5.45] pp "
        "(`keras-jax` on `mlp_digits`).",
    ),
    # mixed precision
    "a speed-up": (
        lambda: in_two_precisions(mlp()).changed(in_bf16(JAX), slower(0.5)),
        lambda: in_two_precisions(mlp()),
        MIXED + "`torch` 1.00 [0.988, 1.01] (`mlp_digits`); `keras-tensorflow` 1.00 [0.960, 1.04] (`mlp_digits`); "
        "`keras-jax` 2.00 [1.86, 2.15] (`mlp_digits`).",
    ),
    "a slow-down": (
        lambda: in_two_precisions(mlp()).changed(in_bf16(JAX), slower(2.0)),
        lambda: in_two_precisions(mlp()),
        "`keras-jax` 0.500 [0.466, 0.536] (`mlp_digits`).",
    ),
    "speed-ups on several workloads": (
        lambda: recorded("cpu").narrowed("mlp_digits", "lenet_mnist5k", arms=["torch"], precision=None),
        mlp,
        MIXED + "`torch` 0.612 [0.605, 0.619] (`mlp_digits`) to 1.12 [1.05, 1.19] (`lenet_mnist5k`).",
    ),
    "a disturbed speed-up": (
        lambda: in_two_precisions(mlp()).changed(in_bf16(JAX), disturbed),
        lambda: in_two_precisions(mlp()),
        "; `keras-jax` no time that says anything.",
    ),
    # whether the arms started alike
    "started alike": (
        mlp,
        lambda: other_first_loss(mlp(), 1 + 1e-6),
        "Matched track: wherever two arms gave hashes of parameters, batch orders and data (17 times) they agree; "
        "their first losses differ by at most 1.0e-07 relative (`mlp_digits · fp32`).",
    ),
    "the same first loss": (inconclusive, mlp, "(17 times) they agree; their first losses are the same."),
    "unknown whether alike": (
        lambda: without_hashes(mlp()),
        mlp,
        "Whether the arms started alike is unknown: no two arms gave hashes of the same cell.",
    ),
    # failures
    "no failure": (mlp, lambda: crash(scope="step", index=2)(mlp()), "Failures: none of 39 cells failed; "),
    "a failure": (
        lambda: crash(scope="step", index=2)(mlp()),
        mlp,
        "Failures: **1 of 39 cells failed** (1 crashed); ",
    ),
    "unsupported cells": (
        lambda: recorded("cpu").narrowed(MLP, "resnet20_mnist5k", arms=("torch", "numpy")),
        lambda: recorded("cpu").narrowed(MLP, arms=("torch", "numpy")),
        "Failures: none of 36 cells failed; 5 unsupported; ",
    ),
    "an arm that cannot run here": (failures, mlp, "(8 crashed, 1 diverged); not runnable here: `keras-jax`;"),
    "a cell without a record": (
        lambda: mlp().without(of(JAX, "step", 5)),
        mlp,
        "; 1 cell that the suite asks for has no record; ",
    ),
    "a damaged record": (failures, mlp, "; **1 damaged record left out**; "),
    "nothing was run": (nothing, mlp, "Failures: no cell was run; 12 cells that the suite asks for have no record."),
    # contention
    "nothing disturbed": (one_seed, mlp, "; contention: none of 12 rounds was disturbed; nothing is UNSTABLE."),
    "something disturbed": (
        verdicts,
        mlp,
        "; contention: 3 of 160 rounds disturbed, 0 of them still after reruns and left out; nothing is UNSTABLE.",
    ),
    "unstable": (
        unstable,
        mlp,
        "; contention: 72 of 80 rounds disturbed, 72 of them still after reruns and left out; **UNSTABLE**: "
        "`keras-jax` on `mlp_digits · fp32`.",
    ),
    "a machine that does not tell": (
        lambda: blind(mlp()),
        mlp,
        "; contention: this machine does not tell, so disturbed rounds could not be seen.",
    ),
}
"""What is said -> a run that makes a report say so, one that does not, and the words."""


def same_as_torch(record):
    twin = next(one for one in mlp().records if of("torch", "step", record.cell.index)(one))
    return record.model_copy(update={"timing": twin.timing, "started": twin.started})


@pytest.mark.parametrize("what", PAIRS)
def test_a_sentence_is_said_where_the_data_say_so_and_not_where_they_say_otherwise(what):
    so, otherwise, words = PAIRS[what]
    assert [sentence for sentence in said(so()) if words in sentence]
    assert not [sentence for sentence in said(otherwise()) if words in sentence]


def test_no_report_on_file_has_a_sentence_of_a_kind_that_is_not_held_to_its_data():
    kinds = [words.lower() for _, _, words in PAIRS.values()]
    for name, make in RUNS.items():
        for sentence in said(make()):
            for start in re.findall(r"(?:^|; )\**([A-Za-z][a-z ]{3,11})", sentence):
                assert any(start.lower() in words for words in kinds), (name, start)


ORDER = [
    (verdicts, ["2 workloads", "A train step", "Accuracy against", "Failures", "Matched track"]),
    (broken, ["1 workload", "**UNVERIFIED", "A train step", "Accuracy against", "Failures"]),
    (inference, ["1 workload", "**UNVERIFIED", "A train step", "Failures", "A forward pass", "Matched track"]),
    (lambda: with_stock(mlp()), ["1 workload", "A train step", "Accuracy against", "Failures", "Matched minus stock"]),
    (lambda: in_two_precisions(mlp()), ["1 workload", "A train step", "Accuracy against", "Failures", "In bf16"]),
    (
        lambda: with_initializers(mlp()),
        ["2 variants", "Accuracy against", "Failures", "Expectations", "Matched track"],
    ),
    (nothing, ["1 workload", "Failures"]),
]


@pytest.mark.parametrize(("make", "starts"), ORDER)
def test_a_summary_has_five_sentences_at_most_and_the_most_important_first(make, starts):
    summary = make().summary()
    told, more = divided(summary)
    assert [sentence[: len(start)] for sentence, start in zip(told, starts, strict=True)] == starts
    assert told + more == sentences(summary)
    page = markdown.render(summary, Pictures({}, None))
    first, rest = page.split("\n## Contents\n")
    assert [line[2:] for line in first.splitlines() if line.startswith("- ")] == told
    assert all(f"\n- {sentence}\n" in rest for sentence in more)
    assert ("## What else the figures say" in rest) == bool(more)


def test_what_a_table_has_anyway_is_named_three_times_and_then_counted():
    run = worse(0.1)(worse(0.1, TENSORFLOW)(worse(0.1, "torch")(worse(0.1, "keras-torch")(mlp(ARMS)))))
    (sentence,) = [one for one in said(run) if "below it: " in one]
    assert sentence.endswith(" and 1 more.")
    assert sentence.count("target 96 %") == 3
