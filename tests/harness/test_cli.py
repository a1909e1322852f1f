"""The command line: what it prints, what it refuses, what it leaves behind, and that it imports no framework."""

import importlib.metadata
import json
import os
import resource
import subprocess
import sys

import pytest
from operation_files import turns, write

from harness import cli, registry
from harness.contract import Outcome
from harness.run.coordinator import make_manifest
from harness.store import envelope
from harness.store.folder import RunFolder


@pytest.fixture(scope="module")
def measured(carry_out, small_suite):
    """A finished run: its folder is called as pytest likes, its manifest names it ``mine``."""
    suite = small_suite("healthy-one", "healthy-two")
    ran = carry_out(suite)
    ran.folder.write_manifest(make_manifest("mine", suite, ["twinbench", "run", "small"], None))
    return ran


@pytest.fixture
def copied(measured, tmp_path):
    """A copy of it to be damaged, as run ``mine`` of the results folder ``tmp_path``."""
    folder = RunFolder(tmp_path / "runs" / "mine")
    folder.create()
    folder.write_manifest(measured.folder.read_manifest())
    for record in measured.result.records:
        folder.write_record(record)
    return folder


def limit_file_size(bytes_):
    """Return what makes writing fail beyond a size, as on a full disk, in a process about to start."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


# ------------------------------------------------------------------------------------------- what it refuses


WRONG = [
    (["run", "quik"], "unknown suite 'quik'; did you mean 'quick'?"),
    (["run", "no/such.yaml"], "suite file 'no/such.yaml' does not exist"),
    (["run", "quick", "--arms", "torhc"], "unknown arm 'torhc'; did you mean 'torch'?"),
    (["run", "quick", "--workloads", "mlp_digit"], "unknown workload 'mlp_digit'; did you mean 'mlp_digits'?"),
    (["run", "quick", "--precision", "fp23"], "unknown precision 'fp23'; did you mean 'fp32'?"),
    (["run", "quick", "--timeout", "-1"], "field 'timeout_s': Input should be greater than 0, not -1.0"),
    (["run", "quick", "--timeout", "nan"], "field 'timeout_s': Input should be a finite number, not nan"),
    (["run", "quick", "--threads", "100000"], "threads is 100000, but only"),
    (["run", "quick", "--launches", "0", "--seeds", "0"], "launches and seeds are both 0"),
    (["run", "quick", "--run", "a/b"], "'a/b' cannot be the name of a run"),
    (["run", "quick", "--run", ".."], "'..' cannot be the name of a run"),
    (["run", "quick", "--run", ".hidden"], "'.hidden' cannot be the name of a run"),
    (["run", "quick", "--run", "a/b", "--resume"], "'a/b' cannot be the name of a run"),
    (["run", "quick", "--port", "8000"], "--port is where --watch serves; add --watch"),
    (["run", "quick", "--resume"], "holds no run of suite 'quick'"),
    (["run", "quick", "--resume", "--run", "mine"], "no run in"),
    (["report"], "no run in"),
    (["report", "mine"], "no run in"),
    (["report", "/no/such/run"], "/no/such/run is no run folder: it has no run.json"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_request_gets_one_clear_line_and_writes_nothing(twinbench, tmp_path, arguments, message):
    ended = twinbench(*arguments, "--results", str(tmp_path / "results"))
    assert ended.status == 2
    assert ended.out == ""
    assert message in ended.err
    assert ended.err.startswith("twinbench: ")
    assert len(ended.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--launches", "-1"], ["--seeds", "two"], ["--rounds", "0"], ["--nonsense"]])
def test_a_wrong_option_is_named(twinbench, tmp_path, arguments):
    ended = twinbench("run", "--unverified", "quick", *arguments, "--results", str(tmp_path / "results"))
    assert ended.status == 2
    assert arguments[0] in ended.err
    assert "Traceback" not in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_suite_file_is_named_with_field_and_value(twinbench, tmp_path):
    (tmp_path / "mine.yaml").write_text("title: x\narms: [numpy]\nlaunches: -3\nseeds: 1\nworkloads: [mlp_digits]\n")
    ended = twinbench("run", str(tmp_path / "mine.yaml"), "--results", str(tmp_path / "results"))
    assert ended.status == 2
    assert "mine.yaml: field 'launches': Input should be greater than or equal to 0, not -3" in ended.err
    assert not (tmp_path / "results").exists()


def test_an_unknown_kind_of_thing_cannot_be_listed(twinbench):
    ended = twinbench("list", "frameworks")
    assert (ended.status, ended.out) == (2, "")
    assert "cannot list 'frameworks'; known: suites, workloads, techniques, architectures, baselines, arms" in ended.err


def test_a_package_of_arms_that_does_not_exist_is_named(twinbench, monkeypatch):
    monkeypatch.setenv("TWINBENCH_ARMS", "models_of_nobody")
    registry.arms.cache_clear()
    ended = twinbench("list", "arms")
    registry.arms.cache_clear()
    assert ended.status == 2
    assert "'models_of_nobody'" in ended.err


def test_arms_are_listed_with_what_they_compute_in_by_device(twinbench):
    found = {row["arm"]: row["precisions"] for row in json.loads(twinbench("list", "arms", "--json").out)}
    assert found["torch"] == {"cpu": ["fp32", "bf16", "fp16", "fp64"], "gpu": ["fp32", "tf32", "bf16", "fp16", "fp64"]}
    assert found["numpy"] == {"cpu": ["fp32", "fp64"]}
    lines = twinbench("list", "arms").out
    assert "gpu: fp32 tf32 bf16 fp16 fp64" in " ".join(lines.split())


@pytest.mark.parametrize("place", ["file/results", "/proc/results"])
def test_an_unwritable_results_folder_is_found_before_the_first_measurement(twinbench, tmp_path, place):
    (tmp_path / "file").touch()
    ended = twinbench("run", "--unverified", "quick", "--results", str(tmp_path / place))
    assert ended.status == 2
    assert f"cannot write to the results folder {tmp_path / place}" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_full_results_folder_is_found_before_the_first_measurement(start, tmp_path):
    process = start("run", "--unverified", "quick", "--results", "results", preexec_fn=limit_file_size(1000))
    _, told = process.communicate()
    assert process.returncode == 2
    assert "cannot write to the results folder results/runs/" in told
    assert "File too large" in told
    assert len(told.splitlines()) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_disk_too_full_for_the_data_is_told_of(chaos, start, suite_file, tmp_path):
    suite = suite_file("healthy-one", workloads=[{"name": "mlp_digits", "epochs": 1}], seeds=0)
    process = start("run", "--unverified", suite, "--run", "mine", preexec_fn=limit_file_size(100_000))
    _, told = process.communicate()
    assert process.returncode == 2
    assert "File too large" in told
    assert "--run mine --resume" in told
    assert "Traceback" not in told


def test_a_folder_that_fills_up_keeps_what_was_measured(chaos, start, twinbench, suite_file, tmp_path):
    asked = (
        "run",
        "--unverified",
        suite_file("healthy-one", "blob-settings", seeds=0),
        "--results",
        str(tmp_path),
        "--run",
        "mine",
    )
    process = start(*asked, preexec_fn=limit_file_size(2**19))  # a record with the blob is larger
    _, told = process.communicate()
    assert process.returncode == 2
    assert "Traceback" not in told
    assert "File too large" in told
    assert "what was measured is kept" in told
    assert "--run mine --resume" in told
    folder = RunFolder(tmp_path / "runs" / "mine")
    (kept,), damaged = folder.read_records()
    assert (kept.cell.arm, kept.outcome, damaged) == ("healthy-one", Outcome.OK, [])

    assert twinbench(*asked, "--resume").status == 0
    assert {r.cell.arm for r in folder.read_records()[0]} == {"healthy-one", "blob-settings"}


def test_a_folder_in_use_is_left_alone(chaos, twinbench, suite_file, tmp_path):
    folder = RunFolder(tmp_path / "runs" / "mine")
    folder.create()
    with folder.locked():
        ended = twinbench("run", "--unverified", suite_file("healthy-one"), "--results", str(tmp_path), "--run", "mine")
    assert ended.status == 2
    assert f"another run is writing to {folder.path}" in ended.err
    assert not folder.begun


def test_a_finished_run_in_use_cannot_be_resumed_by_two(chaos, twinbench, copied, suite_file, tmp_path):
    asked = (
        "run",
        "--unverified",
        suite_file("healthy-one", "healthy-two"),
        "--results",
        str(tmp_path),
        "--run",
        "mine",
        "--resume",
    )
    with copied.locked():
        ended = twinbench(*asked)
    assert ended.status == 2
    assert f"another run is writing to {copied.path}" in ended.err


def test_a_run_is_not_begun_twice(chaos, twinbench, copied, suite_file, tmp_path):
    manifest = (copied.path / "run.json").read_bytes()
    ended = twinbench("run", "--unverified", suite_file("healthy-one"), "--results", str(tmp_path), "--run", "mine")
    assert ended.status == 2
    assert "exists; finish it with --resume, or name another with --run" in ended.err
    assert (copied.path / "run.json").read_bytes() == manifest


def test_resuming_with_other_options_is_refused(chaos, twinbench, copied, suite_file, tmp_path):
    suite = suite_file("healthy-one", "healthy-two")
    ended = twinbench("run", "--unverified", suite, "--seeds", "2", "--results", str(tmp_path), "--resume")
    assert ended.status == 2
    assert "was asked for something else: twinbench run small; repeat its options with --resume" in ended.err


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: m["environment"].update(source_sha256="0"), "the code of twinbench"),
        (lambda m: m["arms"][1]["versions"].update(numpy="1.0"), "arm healthy-two"),
        (lambda m: m["environment"].update(cores_used=64), f"cores_used (64 then, {len(os.sched_getaffinity(0))} now)"),
    ],
)
def test_resuming_with_other_code_or_versions_is_refused(chaos, twinbench, copied, suite_file, tmp_path, change, named):
    manifest = copied.read_manifest().model_dump(mode="json")
    change(manifest)
    envelope.write(copied.path / "run.json", manifest)
    ended = twinbench(
        "run", "--unverified", suite_file("healthy-one", "healthy-two"), "--results", str(tmp_path), "--resume"
    )
    assert ended.status == 2
    assert f"cannot be resumed: changed since: {named}; start a new run" in ended.err


def test_the_newest_run_is_not_passed_over_because_it_is_of_a_newer_schema(
    chaos, twinbench, copied, suite_file, tmp_path
):
    newer = RunFolder(tmp_path / "runs" / "newer")
    newer.create()
    content = copied.read_manifest().model_dump(mode="json") | {"schema_version": 2}
    envelope.write(newer.path / "run.json", content)
    ended = twinbench(
        "run", "--unverified", suite_file("healthy-one", "healthy-two"), "--results", str(tmp_path), "--resume"
    )
    assert ended.status == 2
    assert "schema version 2" in ended.err
    assert "name the run to be resumed with --run" in ended.err


def test_an_unreadable_run_does_not_stand_in_the_way_of_resuming(chaos, twinbench, copied, suite_file, tmp_path):
    broken = RunFolder(tmp_path / "runs" / "broken")
    broken.create()
    (broken.path / "run.json").write_text("{")
    ended = twinbench(
        "run", "--unverified", suite_file("healthy-one", "healthy-two"), "--results", str(tmp_path), "--resume"
    )
    assert ended.status == 0
    assert "left out: " in ended.err
    assert "broken/run.json" in ended.err
    assert "4 of 4 cells are already measured" in ended.err


def test_a_fault_of_twinbench_is_told_without_a_traceback_unless_asked_for(twinbench, monkeypatch):
    def fail():
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(registry, "arms", fail)
    ended = twinbench("list", "arms")
    assert (ended.status, ended.err) == (70, "twinbench: ZeroDivisionError: by nought; --debug shows where\n")
    monkeypatch.setattr(sys, "argv", ["twinbench", "--debug", "list", "arms"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


# -------------------------------------------------------------------------------------------------- what it does


def test_a_run_is_measured_reported_and_remembered(chaos, twinbench, suite_file, tmp_path):
    suite = suite_file("healthy-one", "needs-nonsense")
    ended = twinbench("run", "--unverified", suite, "--results", str(tmp_path))
    assert ended.status == 0, "an arm that cannot run here is no failure"
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("-small")
    assert f"report: {os.path.relpath(folder / 'report.md')}\n" in ended.out
    assert f"dashboard: {os.path.relpath(folder / 'report.html')}\n" in ended.out
    assert "not installed: framework_that_nobody_wrote" in (folder / "report.md").read_text()
    assert RunFolder(folder).read_manifest().command == [
        "twinbench",
        "run",
        "--unverified",
        suite,
        "--results",
        str(tmp_path),
    ]


@pytest.mark.parametrize("arm", ["error-fit", "nan-step"])
def test_a_failed_cell_is_told_of_and_gives_status_3(chaos, twinbench, suite_file, tmp_path, arm):
    ended = twinbench(
        "run", "--unverified", suite_file("healthy-one", arm, launches=0), "--results", str(tmp_path), "--json"
    )
    assert ended.status == 3
    assert f"softmax_digits {arm} accuracy 0: " in ended.err
    (failed,) = (r for r in json.loads(ended.out)["records"] if r["cell"]["arm"] == arm)
    assert failed["reason"] in ended.err
    assert "Traceback" not in ended.err


def test_a_second_attempt_that_succeeds_gives_status_0_and_both_are_told(chaos, twinbench, suite_file, tmp_path):
    ended = twinbench("run", "--unverified", suite_file("stumble-open", seeds=0), "--results", str(tmp_path), "--json")
    assert ended.status == 0
    attempts = [(r["attempt"], r["outcome"]) for r in json.loads(ended.out)["records"]]
    assert attempts == [(1, "crashed"), (2, "ok")]


@pytest.mark.parametrize("arms", [["crowded-always"], ["healthy-one", "crowded-always"]], ids=["alone", "in a race"])
def test_times_that_stayed_contended_are_told_of_and_give_status_3(chaos, twinbench, suite_file, tmp_path, arms):
    ended = twinbench("run", "--unverified", suite_file(*arms, seeds=0), "--results", str(tmp_path), "--run", "mine")
    assert ended.status == 3
    assert "UNSTABLE, other programs disturbed most launches: crowded-always on softmax_digits · fp32" in ended.err
    assert "UNSTABLE" in ended.out
    report = (tmp_path / "runs" / "mine" / "report.md").read_text()
    assert "**UNSTABLE**: `crowded-always` on `softmax_digits · fp32`" in report


def test_launches_are_added_where_there_is_no_verdict_and_only_there(chaos, twinbench, suite_file, tmp_path):
    """A race that stays contended has none; one arm by itself asks for none."""
    workloads = [{"name": name, "epochs": 1, "arms": arms} for name, arms in ADDED.items()]
    suite = suite_file(
        "healthy-one", "crowded-always", workloads=workloads, rounds=1, seeds=0, launches=8, cold_starts=0
    )
    asked = ("run", "--unverified", suite, "--most-launches", "10", "--results", str(tmp_path), "--run", "mine")
    ended = twinbench(*asked, "--json")
    assert ended.status == 3
    assert "no verdict after 8 launches, on to 10: softmax_digits · fp32" in ended.err
    cells = [record["cell"] for record in json.loads(ended.out)["records"]]
    launches = {
        (name, arm): sorted(cell["index"] for cell in cells if (cell["workload"], cell["arm"]) == (name, arm))
        for name, arms in ADDED.items()
        for arm in arms
    }
    assert launches.pop(("softmax_mnist1d", "healthy-one")) == list(range(8))
    assert list(launches.values()) == [list(range(10))] * 2
    assert "judged after 8, 10 of them" in (tmp_path / "runs" / "mine" / "report.md").read_text()
    again = twinbench(*asked, "--resume", "--json")
    assert len(json.loads(again.out)["records"]) == len(cells)


ADDED = {"softmax_digits": ["healthy-one", "crowded-always"], "softmax_mnist1d": ["healthy-one"]}


def test_report_is_written_anew_by_name_by_path_or_for_the_newest(chaos, twinbench, copied, tmp_path):
    older = RunFolder(tmp_path / "runs" / "zzz")
    older.create()
    older.write_manifest(copied.read_manifest())
    os.utime(older.path / "run.json", (0, 0))
    for arguments in (["mine"], [str(copied.path)], []):
        (copied.path / "report.md").unlink(missing_ok=True)
        (copied.path / "report.html").unlink(missing_ok=True)
        ended = twinbench("report", *arguments, "--results", str(tmp_path))
        assert ended.status == 0
        assert os.path.relpath(copied.path / "report.md") in ended.out
        assert (copied.path / "report.md").exists()
        assert (copied.path / "report.html").exists()


def test_report_has_single_operations_that_are_named_or_lie_in_the_runs_folder(chaos, twinbench, copied, tmp_path):
    asked = ("report", "mine", "--results", str(tmp_path))
    named = write(tmp_path / "named.json", turns([2.0, 2.0]))
    for more, there in ((("--ops", str(named)), True), ((), False)):
        assert twinbench(*asked, *more).status == 0
        assert ("## Single operations" in (copied.path / "report.md").read_text()) == there
        assert ("Single operations by arm" in (copied.path / "report.html").read_text()) == there
    write(copied.path / "ops.json", turns([2.0, 2.0]))
    assert twinbench(*asked).status == 0
    assert "`matmul`" in (copied.path / "report.md").read_text()
    (copied.path / "ops.json").write_text("{")
    ended = twinbench(*asked)
    assert ended.status == 2
    assert f"{copied.path / 'ops.json'}: not what `make ops` writes" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_report_answers_an_unknown_run_with_the_nearest(twinbench, copied, tmp_path):
    ended = twinbench("report", "mime", "--results", str(tmp_path))
    assert ended.status == 2
    assert "unknown run 'mime'; did you mean 'mine'?" in ended.err


def test_report_names_every_record_that_it_leaves_out(chaos, twinbench, copied, tmp_path):
    cut, edited, newer, *_ = sorted(copied.records.iterdir())
    cut.write_text(cut.read_text()[:-40])
    edited.write_text(edited.read_text().replace('"seconds"', '"Seconds"'))
    stored = json.loads(newer.read_text())
    stored["content"]["schema_version"] = 2
    newer.write_text(json.dumps(stored))
    ended = twinbench("report", "mine", "--results", str(tmp_path), "--json")
    assert ended.status == 0
    assert len(json.loads(ended.out)["records"]) == 1
    told = ended.err.splitlines()
    assert len(told) == 3
    for path, reason in {cut: "not a whole record", edited: "checksum", newer: "schema version 2"}.items():
        assert any(line.startswith(f"twinbench: left out: {path}") and reason in line for line in told)


def test_report_refuses_a_run_of_a_newer_schema(twinbench, copied, tmp_path):
    stored = json.loads((copied.path / "run.json").read_text())
    stored["content"]["schema_version"] = 2
    (copied.path / "run.json").write_text(json.dumps(stored))
    ended = twinbench("report", "mine", "--results", str(tmp_path))
    assert ended.status == 2
    assert "run.json: schema version 2, but this twinbench reads up to 1; upgrade it" in ended.err


def test_report_that_cannot_be_written_is_told_in_one_line(chaos, copied, start, tmp_path):
    process = start("report", "mine", "--results", str(tmp_path), preexec_fn=limit_file_size(100))
    _, told = process.communicate()
    assert process.returncode == 2
    assert told.startswith("twinbench: File too large")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("what", ["suites", "workloads", "arms"])
def test_list_shows_every_name_as_a_table_and_as_json(chaos, twinbench, what):
    names = {"suites": registry.suites, "workloads": registry.workloads, "arms": registry.every_arm}[what]()
    assert [row[what[:-1]] for row in json.loads(twinbench("list", what, "--json").out)] == list(names)
    header, *rows = twinbench("list", what).out.splitlines()
    assert header.startswith(what[:-1])
    assert [row.split()[0] for row in rows] == list(names)


def test_list_tells_a_program_numbers_as_numbers(chaos, twinbench):
    found = json.loads(twinbench("list", "--json").out)
    quick, lenet, arm = (
        next(row for row in found[kind] if row[kind[:-1]] == name)
        for kind, name in (("suites", "quick"), ("workloads", "lenet_mnist5k"), ("arms", "healthy-one"))
    )
    assert (quick["launches"], quick["seeds"], quick["precisions"]) == (3, 3, ["fp32"])
    assert "lenet_mnist5k" in quick["workloads"]
    spec = registry.find_workload("lenet_mnist5k")
    assert (lenet["batch_size"], lenet["target"], lenet["margin"]) == (spec.batch_size, spec.target, spec.margin)
    assert (arm["supported"], arm["witness"], arm["reason"]) == (True, False, None)
    assert arm["versions"].keys() == {"numpy"}


def test_the_version_is_told(twinbench):
    ended = twinbench("--version")
    assert (ended.status, ended.out) == (0, f"twinbench {importlib.metadata.version('twinbench')}\n")


def test_list_shows_everything_when_not_told_what(twinbench):
    assert list(json.loads(twinbench("list", "--json").out)) == [
        "suites",
        "workloads",
        "techniques",
        "architectures",
        "baselines",
        "arms",
    ]


def test_list_tells_sizes_and_who_implements_what(chaos, twinbench):
    rows = {row["workload"]: row for row in json.loads(twinbench("list", "workloads", "--json").out)}
    lenet = rows["lenet_mnist5k"]
    assert (lenet["parameters"], lenet["flops"], lenet["dataset"], lenet["target"]) == (
        61_706,
        833_040,
        "mnist5k",
        0.96,
    )
    assert "torch" in lenet["arms"]
    assert "numpy" not in lenet["arms"]
    assert {"numpy", "needs-nonsense"} <= set(rows["mlp_digits"]["arms"])
    (line,) = [line for line in twinbench("list", "workloads").out.splitlines() if line.startswith("lenet_mnist5k")]
    assert {"61,706", "833,040", "mnist5k", "0.96"} <= set(line.split())


def test_list_tells_an_architecture_once_for_each_choice_of_arguments(twinbench):
    rows = json.loads(twinbench("list", "architectures", "--json").out)
    mlps = [row for row in rows if row["architecture"] == "MLP"]
    assert {name for row in rows for name in row["workloads"]} == set(registry.workloads())
    assert len({json.dumps(row["arguments"]) for row in mlps}) == len(mlps) > 1
    assert all(row["file"] == "mlp" and row["flops"] > row["parameters"] > 0 for row in mlps)


def test_doctor_tells_of_every_arm(chaos, twinbench):
    ended = twinbench("doctor", "--json")
    assert ended.status == 0
    found = {finding["subject"]: finding for finding in json.loads(ended.out)}
    assert {f"arm {name}" for name in registry.arms()} <= found.keys()
    assert found["arm needs-nonsense"]["message"] == "not installed: framework_that_nobody_wrote"


# ------------------------------------------------------------------------------------------ what it imports


PROBE = """
import sys
from harness.cli import main
sys.argv[0] = "twinbench"
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sorted({"torch", "tensorflow", "keras", "jax"} & sys.modules.keys()), file=sys.stderr)
"""


def loaded_by(*arguments, results):
    """Return what a command prints, and which frameworks its process has loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env={**os.environ, "TWINBENCH_RESULTS": str(results)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["doctor"],
        ["report", "mine"],
        ["check", "mine", "--help"],
        ["compare", "mine", "mine"],
        ["advise", "mine"],
        ["index"],
        ["export", "mine", "--to", "/dev/null/nowhere", "--help"],
    ],
    ids=" ".join,
)
def test_no_command_imports_a_framework(copied, tmp_path, arguments):
    printed, loaded = loaded_by(*arguments, results=tmp_path)
    assert printed
    assert loaded == "[]"


def test_a_run_imports_no_framework_either(chaos, suite_file, tmp_path):
    printed, loaded = loaded_by(
        "run", "--unverified", suite_file("healthy-one", "needs-torch", seeds=0), "--watch", results=tmp_path
    )
    assert "report: " in printed
    assert loaded == "[]"
