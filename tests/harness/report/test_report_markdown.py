import re

import pytest
from report_factories import block, failed, manifest, raced, status, trained, whole_run, workload

from harness.contract import Outcome
from harness.report import markdown
from harness.report.plots import Pictures
from harness.report.summary import summarize
from harness.schema import WorkloadChoice

WORKLOADS = {"mlp_digits": workload(), "diabetes": workload("diabetes", metric="r2", margin=0.02, target=0.4)}
NUMPY = status("numpy", witness=True)
NASTY = "a | b `c`\n<script>alert(1)</script>\n\x1b[31m" + "long " * 99


def report(records, run=None, pictures=None):
    return markdown.render(summarize(run or manifest(), records, WORKLOADS), pictures or Pictures({}, None))


def split(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(document):
    """Every table as a list of rows, the header first and the rule left out."""
    found = [[]]
    for line in document.splitlines():
        if line.startswith("|"):
            found[-1].append(split(line))
        elif found[-1]:
            found.append([])
    return [[table[0], *table[2:]] for table in found if table]


def section(document, heading):
    return re.split(r"^<a |^## ", document.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]


def column(table, name):
    (index,) = [i for i, header in enumerate(table[0]) if header.startswith(name)]
    return {row[0].strip("`"): row[index] for row in table[1:]}


def test_the_tables_show_the_figures():
    race, cost = tables(section(report(whole_run()), "mlp_digits · fp32"))
    assert column(race, "accuracy (%)") == {"torch": "95.10 ± 0.25", "keras-jax": "95.21 ± 0.27"}
    assert column(race, "difference to `torch` (pp) [95 %], margin ±1 pp")["keras-jax"] == "+0.11 [+0.09, +0.13]"
    assert column(race, "train step (ms)") == {"torch": "2.02", "keras-jax": "4.00"}
    assert column(race, "ratio to `torch`") == {"torch": "reference", "keras-jax": "1.98 [1.93, 2.03]"}
    assert column(race, "time · accuracy") == {"torch": "reference", "keras-jax": "look"}
    assert column(cost, "first step (s)")["torch"] == "0.500 (n=3)"
    assert column(cost, "cold start (s)")["torch"] == "3.00 (n=3)"
    assert column(cost, "peak host memory (MiB)")["torch"] == "400 (n=3)"
    assert column(race, "mode") == {"torch": "eager", "keras-jax": "compiled by XLA"}
    assert column(cost, "parameters")["torch"] == "15,210"
    assert column(cost, "seeds")["torch"] == column(cost, "launches")["torch"] == "3"
    assert column(cost, "contended rounds")["torch"] == "0 of 12"


def test_verdicts_are_shown_with_enough_launches_and_seeds():
    race, _ = tables(section(report(whole_run(5, 8), manifest(seeds=5, launches=8)), "mlp_digits · fp32"))
    assert column(race, "time · accuracy")["keras-jax"] == "SLOWER · EQUIVALENT"


def test_an_empty_cell_has_a_numbered_reason():
    records = [r for r in whole_run() if (r.cell.arm, r.cell.scope) != ("keras-jax", "step")]
    records += [failed("step", "keras-jax", k, Outcome.TIMEOUT, "no answer in 9 s") for k in range(3)]
    page = section(report(records, manifest(("torch", "keras-jax", NUMPY))), "mlp_digits · fp32")
    race, cost = tables(page)
    assert column(race, "train step")["keras-jax"] == "– (1)"
    assert column(cost, "launches")["keras-jax"] == "0 of 3 (1)"
    assert column(race, "ratio")["numpy"] == "– (3)"
    assert "\n1. timeout: no answer in 9 s\n2. no record" in page
    assert "\n3. a witness checks the others and is not raced\n" in page


def test_r2_has_no_per_cent():
    page = section(report(whole_run(on="diabetes"), manifest(workloads=["diabetes"])), "diabetes · fp32")
    race, _ = tables(page)
    assert column(race, "R² ± 95 %")["torch"] == "0.9510 ± 0.0025"
    assert "Target, a mean R² of 0.4 or more: met by `torch`, `keras-jax`." in page


@pytest.mark.parametrize(
    ("metric", "value", "target", "margin", "header", "shown", "said"),
    [
        ("iou", 0.88, 0.85, 0.02, "IoU (%)", "88.00", "a mean IoU of 85 % or more: met by"),
        (
            "mse",
            0.0154,
            0.0165,
            5e-4,
            "mean squared error",
            "0.01540",
            "a mean squared error of 0.0165 or less: met by",
        ),
        (
            "mse",
            0.0174,
            0.0165,
            5e-4,
            "mean squared error",
            "0.01740",
            "a mean squared error of 0.0165 or less: **not met** by",
        ),
        ("elbo", -118.5, -122.0, 1.0, "ELBO (nats)", "−118.50", "a mean ELBO of −122 nats or more: met by"),
    ],
)
def test_metrics_of_images_are_shown_in_their_own_units(metric, value, target, margin, header, shown, said):
    known = {"vae": workload("vae", metric=metric, target=target, margin=margin)}
    run = manifest(["torch"], workloads=["vae"])
    records = [trained("torch", seed, value, on="vae") for seed in range(3)]
    page = markdown.render(summarize(run, records, known), Pictures({}, None))
    race, _ = tables(section(page, "vae · fp32"))
    assert column(race, header)["torch"].startswith(shown)
    assert f"Target, {said} `torch`" in page


def test_targets():
    below = [trained("torch", s, 0.95) for s in range(3)] + [trained("keras-jax", s, 0.5) for s in range(3)]
    assert "90 % or more: met by `torch`; **not met** by `keras-jax`." in report(below)
    cut = manifest(workloads=[WorkloadChoice(name="mlp_digits", epochs=1)])
    assert "Budget cut to 1 of 3 epochs: target not judged." in report(whole_run(epochs=1), cut)
    assert "no arm was trained" in report(whole_run(seeds=0))


def test_another_reference_is_announced():
    records = [r for r in whole_run() if r.cell.arm == "keras-jax"]
    records += [failed("step", "torch", 0, Outcome.CRASHED, "signal 6")]
    page = report(records)
    assert "Reference: `keras-jax`" in page
    assert "**torch has no accuracy and step times (no record: the run did not come to it).**" in page


def test_the_health_of_the_matched_track():
    assert "Matched track: the same initial parameters, batch order, data" in report(whole_run())
    assert "relative spread of the first loss 0.0e+00" in report(whole_run())
    records = whole_run()
    records[0] = trained("torch", 0, 0.95, initial_sha256="a" * 64)
    broken = report(records)
    assert "> **MATCHED TRACK BROKEN" in broken
    assert "> - initial parameters, accuracy seed 0: aaaaaaaa in torch; 00000000 in keras-jax" in broken
    assert "Matched track: the same" not in broken
    assert "One arm has results: there is nothing that it could agree with." in report(whole_run()[:3])
    silent = [r.model_copy(update={"initial_sha256": None, "dataset_sha256": None}) for r in whole_run(0, 3)]
    assert "started alike is unknown" in report(silent)


def test_a_proof_without_figures_is_not_said_to_have_any():
    page = section(report(whole_run(), manifest(proofs=[])), "mlp_digits · fp32")
    assert "\nWhat was proven before the race is not on record.\n" in page
    assert "Proven before the race" not in page


def test_failures_are_rows():
    records = [
        *whole_run(),
        failed("step", "keras-jax", 0, Outcome.TIMEOUT, "slow", log="logs/a.txt"),
        failed("step", "keras-jax", 1, Outcome.TIMEOUT, "slow", log="logs/b.txt"),
        failed("step", "keras-jax", 9, Outcome.TIMEOUT, "slow"),
        failed("accuracy", "keras-jax", 9, Outcome.DIVERGED, "loss is NaN"),
    ]
    run = manifest(("torch", "keras-jax", status("keras-torch", supported=False, reason="torch too old")))
    records += [failed("step", "keras-torch", k, Outcome.UNSUPPORTED, "torch too old") for k in range(3)]
    ((_, *rows),) = tables(section(report(records, run), "Failures"))
    twice = "`mlp_digits` · fp32 · step, launch 0, 1"
    assert rows == [
        ["`keras-torch`", "every cell", "unsupported", "–", "torch too old"],
        ["`keras-jax`", "`mlp_digits` · fp32 · accuracy, seed 9", "diverged", "–", "loss is NaN"],
        ["`keras-jax`", twice, "timeout, another attempt ok", "`logs/a.txt` and 1 more", "slow"],
        ["`keras-jax`", "`mlp_digits` · fp32 · step, launch 9", "timeout", "–", "slow"],
    ]


def test_no_failure_is_said():
    assert section(report(whole_run()), "Failures").strip() == "None."


def test_contention_is_counted():
    blocks = [block(0, 2.0), block(1, 9.0, contended=True, pressure=0.5), block(1, 2.0, rerun=1)]
    records = [raced("torch", 0, blocks), raced("keras-jax", 0, [2.0, 2.0])]
    ((header, row),) = tables(section(report(records, manifest(seeds=0, launches=1)), "Contention"))
    shown = dict(zip(header, row, strict=True))
    assert [shown[name] for name in ("rounds", "disturbed", "reruns", "left out")] == ["2", "1", "1", "0"]
    assert shown["largest pressure (%)"] == "50.0"
    assert section(report(whole_run(launches=0)), "Contention").strip() == "No race was run."


def test_environment_versions_settings_and_command():
    records = [
        trained("torch", 0, 0.9, settings={"threads": 2, "jit": False}),
        trained("keras-jax", 0, 0.9, settings={"threads": 2, "jit": True, "x64": False}),
    ]
    page = report(records, manifest(command=["twinbench", "run", "my suite.yaml"]))
    environment, versions = tables(section(page, "Environment"))
    assert ["cpu.cores", "2"] in environment
    assert ["`keras-jax`", "raced", "keras-jax 1.0", "runs here"] in versions
    settings = section(page, "Settings read back")
    assert "**The same in all arms**: threads = 2." in settings
    assert tables(settings) == [[["setting", "`torch`", "`keras-jax`"], ["jit", "false", "true"]]]
    assert "**Only `keras-jax` has**: x64 = false." in settings
    assert "twinbench run 'my suite.yaml'\n" in section(page, "How to reproduce")


def test_foreign_text_cannot_break_the_page():
    run = manifest(("torch", status("keras-jax", supported=False, reason=NASTY)), environment={NASTY: [NASTY]})
    records = [
        *(r for r in whole_run() if r.cell.arm == "torch"),
        failed("step", "keras-torch", 0, Outcome.CRASHED, NASTY, log="logs/`|<b>.txt"),
        trained("torch", 7, 0.9, settings={NASTY: NASTY}),
    ]
    page = report(records, run)
    assert "\x1b" not in page
    assert not re.search(r"(?<!\\)<script", page)
    for line in page.splitlines():
        assert len(line) < 1200
    for table in tables(page):
        assert {len(row) for row in table} == {len(table[0])}


@pytest.mark.parametrize(
    ("records", "run"),
    [
        ([], manifest()),
        ([failed("step", "torch", 0, Outcome.CRASHED, "signal 6")], manifest()),
        (whole_run()[:3], manifest(("torch",), launches=0)),
        (whole_run(1, 1), manifest(seeds=1, launches=1)),
        (whole_run(3, 0), manifest(launches=0)),
        (whole_run(0, 3), manifest(seeds=0)),
        ([trained("numpy", 0, 0.9)], manifest((NUMPY,), launches=0, seeds=1)),
    ],
    ids=["nothing", "failures", "one arm", "one of each", "accuracy only", "times only", "witness only"],
)
def test_every_dash_in_a_thin_run_has_its_reason(records, run):
    page = section(report(records, run), "mlp_digits · fp32")
    notes = re.findall(r"^(\d+)\. (.+)$", page, flags=re.MULTILINE)
    race, cost = tables(page)
    cells = [cell for row in race[1:] for cell in row[1:-1]] + [cell for row in cost[1:] for cell in row[1:]]
    marks = {mark for cell in cells if cell.startswith("–") for mark in re.findall(r"\((\d+)\)$", cell) or ["none"]}
    assert marks <= {number for number, _ in notes}
    assert "nan" not in page


def test_one_launch_and_one_seed_have_no_interval():
    page = section(report(whole_run(1, 1), manifest(seeds=1, launches=1)), "mlp_digits · fp32")
    race, _ = tables(page)
    assert column(race, "accuracy")["keras-jax"] == "95.10 (1)"
    assert column(race, "ratio")["keras-jax"] == "2.00 (2)"
    assert "\n1. one seed: no interval\n2. one launch: no interval\n" in page


def test_pictures_are_linked():
    page = report(whole_run(), pictures=Pictures({"mlp_digits · fp32": "loss-01.png"}, "ratios.png"))
    assert re.search(r"^!\[.+\]\(ratios\.png\)$", page, flags=re.MULTILINE)
    assert "](loss-01.png)" in section(page, "mlp_digits · fp32")
    assert "![" not in report(whole_run())


def test_the_guide_has_ten_lines():
    assert len(re.findall(r"^\d+\. \*\*", section(report([]), "How to read this report"), flags=re.MULTILINE)) == 10


def test_table_source_is_aligned():
    lines = markdown.table(["arm", "ms"], [["long name", "1"], ["數", "10.5"]], right=[1]).splitlines()
    assert lines == ["| arm       |   ms |", "| --------- | ---: |", "| long name |    1 |", "| 數        | 10.5 |"]


def test_damaged_records_are_told_of_with_the_reason():
    summary = summarize(manifest(), whole_run(), {"mlp_digits": workload()}, damaged=["records/a-1.json: not <whole>"])
    told = markdown.render(summary, Pictures({}, None))
    assert "Left out, because the file is damaged" in told
    assert "- records/a-1.json: not \\<whole\\>" in told


@pytest.mark.parametrize("changed", [False, True, None])
def test_a_run_of_uncommitted_code_does_not_promise_to_be_repeated_from_its_commit(changed):
    told = report(whole_run(), manifest(environment={"commit": "abc", "uncommitted_changes": changed}))
    assert ("with changes that were not committed" in told) == bool(changed)
    assert ("on the commit and with the versions above." in told) != bool(changed)


def test_a_batch_that_the_suite_chose_is_told_and_not_the_workloads_own():
    chosen = [WorkloadChoice(name="noise", batch_size=128), WorkloadChoice(name="mlp_digits")]
    records = [
        raced(arm, 0, 2.0, on=name, batch_size=size)
        for name, size in (("noise", 128), ("mlp_digits", 32))
        for arm in ("torch", "keras-jax")
    ]
    speed = workload("noise", title="Noise", metric=None, target=None, batch_size=4)
    run = manifest(workloads=("noise", "mlp_digits"))
    run = run.model_copy(update={"suite": run.suite.model_copy(update={"workloads": chosen})})
    document = markdown.render(summarize(run, records, WORKLOADS | {"noise": speed}), Pictures({}, None))
    of = {name: line for line in document.splitlines() for name in ("Noise", "MLP on digits") if line.startswith(name)}
    assert "batch 128" in of["Noise"]
    assert "batch 32" in of["MLP on digits"]
