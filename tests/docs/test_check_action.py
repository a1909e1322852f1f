"""The reusable action: well formed, safe against what its inputs may hold, and its check does what check does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).resolve().parents[2]
RECORDED = HOME / "results" / "reference" / "quick"
ACTION = yaml.safe_load((HOME / ".github" / "actions" / "twinbench-check" / "action.yml").read_text(encoding="utf-8"))
EXAMPLE = (HOME / "docs" / "examples" / "twinbench-check.yml").read_text(encoding="utf-8")
STEPS = {step.get("name", step.get("uses")): step for step in ACTION["runs"]["steps"]}
SCRIPTS = {name: step for name, step in STEPS.items() if "run" in step}


def expressions(part):
    return re.findall(r"\$\{\{(.*?)\}\}", yaml.safe_dump(part, width=10_000))


def test_every_input_is_used_and_every_use_is_an_input():
    conditions = " ".join(str(step.get("if", "")) for step in STEPS.values())
    used = set(re.findall(r"inputs\.([\w-]+)", " ".join(expressions(ACTION)) + conditions))
    assert used == set(ACTION["inputs"])
    assert all(isinstance(told["default"], str) and told["description"] for told in ACTION["inputs"].values())


def test_no_input_is_ever_part_of_a_script():
    assert set(SCRIPTS) == {"Install", "Measure", "Check"}
    for step in SCRIPTS.values():
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]


def test_what_steps_tell_each_other_is_told():
    ids = {step["id"]: step for step in STEPS.values() if "id" in step}
    for step, output in re.findall(r"steps\.(\w+)\.outputs\.(\w+)", " ".join(expressions(ACTION))):
        assert f"{output}=" in ids[step]["run"]


def test_the_example_asks_for_what_there_is():
    (job,) = yaml.safe_load(EXAMPLE)["jobs"].values()
    (step,) = (step for step in job["steps"] if "twinbench-check" in step.get("uses", ""))
    assert step["with"].keys() <= ACTION["inputs"].keys()
    assert (HOME / step["uses"] / "action.yml").is_file()
    (told,) = re.findall(r"steps\.twinbench\.outputs\.(\w+)", EXAMPLE)
    assert told in ACTION["outputs"]


@pytest.fixture
def step(tmp_path):
    """``step(name, RUN=…)`` runs a step's script as a runner does: its status, its outputs, and what it printed."""
    action = tmp_path / "twin bench" / ".github" / "actions" / "twinbench-check"
    python = tmp_path / "twin bench" / ".venv" / "bin" / "python"
    for folder in (action, python.parent):
        folder.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{HOME}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)

    def step(name, **given):
        (tmp_path / "script").write_text(SCRIPTS[name]["run"])
        outputs = tmp_path / "outputs"
        outputs.write_text("")
        environment = {
            "PATH": "/usr/bin:/bin",
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ID": "7",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "check",
            "RUNNER_TEMP": str(tmp_path),
        }
        environment |= dict.fromkeys(SCRIPTS[name].get("env", {}), "") | given
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(tmp_path / "script")]
        ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        return ended.returncode, outputs.read_text(), ended.stdout + ended.stderr

    return step


@pytest.fixture
def check(step):
    def check(**given):
        defaults = {name.upper(): told["default"] for name, told in ACTION["inputs"].items()}
        wanted = {name: defaults[name] for name in SCRIPTS["Check"]["env"]}
        return step("Check", **(wanted | {"RUN": str(RECORDED)} | given))

    return check


def test_three_launches_leave_the_recorded_run_open_and_pass(check, tmp_path):
    status, outputs, printed = check()
    assert (status, outputs) == (0, "result=open\n"), printed
    assert "claims held" in printed
    assert "::warning title=" in printed
    assert (tmp_path / "summary.md").read_text().startswith("### twinbench check")
    assert (tmp_path / "twinbench-check.xml").read_text().startswith("<?xml")


def test_strictly_that_is_a_failure(check):
    assert check(STRICT="true")[:2] == (1, "result=failed\n")


def test_a_baseline_that_is_not_there_is_an_error_and_no_result(check):
    status, outputs, printed = check(BASELINE="results/baselines/none.json")
    assert (status, outputs) == (2, "")
    assert "no baseline results/baselines/none.json" in printed


def test_a_value_is_no_command(check, tmp_path):
    check(BASELINE='$(touch pwned); "; touch pwned #', OPS="`touch pwned`", SPEED="$(touch pwned)")
    assert not (tmp_path / "pwned").exists()


def test_what_is_measured_is_named_and_what_is_wrong_ends_the_step(step, tmp_path):
    python = tmp_path / "twin bench" / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@" >> told\ncase "$4" in run) exit "$(cat status)" ;; esac\n')
    for code, expected in ((0, 0), (3, 0), (2, 1), (130, 1)):
        (tmp_path / "status").write_text(str(code))
        status, outputs, _ = step("Measure", SUITE="ci", ARMS="torch,keras-jax", RESULTS="results")
        assert (status, outputs) == (expected, "run=check-7-1-check\n")
    assert (tmp_path / "told").read_text().splitlines()[:2] == [
        "-P -m harness.cli parity --suite ci --arms torch,keras-jax --results results",
        "-P -m harness.cli run ci --arms torch,keras-jax --run check-7-1-check --results results",
    ]
