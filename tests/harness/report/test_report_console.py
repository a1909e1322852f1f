from report_factories import block, failed, manifest, raced, status, trained, whole_run, workload
from rich.console import Console

from harness.contract import Outcome
from harness.report import figures
from harness.report.console import tables
from harness.report.summary import summarize
from harness.schema import WorkloadChoice

WORKLOADS = {"mlp_digits": workload()}


def printed(records, run=None):
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(tables(summarize(run or manifest(), records, WORKLOADS)))
    return [line.rstrip() for line in capture.get().splitlines()]


def line_of(arm, lines):
    (found,) = [line for line in lines if line.strip().startswith(f"{arm} ")]
    return " ".join(found.split())


def test_the_table_shows_every_arm():
    lines = printed(whole_run())
    assert lines[0] == "mlp_digits · fp32"
    assert line_of("torch", lines) == "torch eager 95.10 ± 0.25 reference 2.02 reference reference"
    assert line_of("keras-jax", lines) == "keras-jax compiled 95.21 ± 0.27 +0.11 ± 0.02 4.00 1.98 [1.93, 2.03] look"
    assert any(line.split() == ["by", "XLA"] for line in lines)


def test_the_widest_table_fits_100_columns():
    arms = ("torch", "keras-tensorflow", "keras-jax", status("numpy", witness=True))
    records = whole_run(5, 8, ratio=0.5, gain=-0.1, rival="keras-tensorflow")
    records += [record for record in whole_run(5, 8) if record.cell.arm == "keras-jax"]
    records += [trained("numpy", s, 0.95) for s in range(5)]
    lines = printed(records, manifest(arms, seeds=5, launches=8))
    assert max(map(len, lines)) <= 100
    assert {"FASTER", "DIFFERENT", "SLOWER", "EQUIVALENT"} <= set(" ".join(lines).split()), "wrapped, never cut"


def test_times_that_say_nothing_are_said_so():
    note = "UNSTABLE: other programs disturbed most launches; these times say nothing"
    alone = manifest(("torch",), launches=1, seeds=0)
    assert note not in printed([raced("torch", 0, 2.0)], alone)
    lines = printed([raced("torch", 0, [block(0, 2.0, contended=True)])], alone)
    assert line_of("torch", lines).endswith("reference, UNSTABLE")
    assert note in lines


def test_missing_figures_have_their_reason_below():
    records = [*whole_run()[:-3], failed("step", "keras-jax", 0, Outcome.TIMEOUT, "no [answer] in 9 s")]
    lines = printed(records)
    assert line_of("keras-jax", lines).endswith("– (1) – (1) – · look")
    assert "(1) timeout: no [answer] in 9 s" in lines


def test_a_broken_track_and_a_cut_budget_are_said():
    run = manifest(workloads=[WorkloadChoice(name="mlp_digits", epochs=1)])
    records = whole_run(epochs=1)
    assert not any("BROKEN" in line for line in printed(records, run))
    records[0] = trained("torch", 0, 0.95, epochs=1, initial_sha256="a" * 64)
    lines = printed(records, run)
    assert any(line.startswith("MATCHED TRACK BROKEN") for line in lines)
    assert "budget cut to 1 of 3 epochs: target not judged" in lines


def test_comparisons_that_a_terminal_has_no_room_for_are_counted(monkeypatch):
    monkeypatch.setattr(figures, "MOST", 1)
    run, known = manifest(workloads=["mlp_digits", "lenet", "gru"]), WORKLOADS
    known = known | {name: workload(name) for name in ("lenet", "gru")}
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(tables(summarize(run, whole_run(), known)))
    assert "2 more comparisons are in the report and the dashboard" in capture.get()
    assert "lenet" not in capture.get()
    assert "more comparisons" not in "".join(printed(whole_run()))
