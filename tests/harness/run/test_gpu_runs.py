"""Runs of suites for a GPU as a whole: what their manifests say of it, and the batches that such suites choose."""

import dataclasses

import pytest

from harness import registry
from harness.contract import Outcome
from harness.measure import gpu
from harness.store.folder import RunFolder

STATE = {"gpu": "Pretended GPU", "gpu_driver": "0.0", "gpu_memory_gib": 80.0, "gpu_power_limit_w": None}


@pytest.fixture
def state(chaos, monkeypatch):
    """What NVML tells of the device, to be changed."""
    state = dict(STATE)
    monkeypatch.setattr(gpu, "described", lambda device: state)
    return state


@pytest.fixture
def run(twinbench, suite_file, tmp_path):
    """``run(device, *options)``: the same small suite again, as the run ``mine``."""

    def run(device, *options):
        suite = suite_file("healthy-one", device=device, seeds=0, rounds=1)
        return twinbench("run", suite, "--unverified", "--results", str(tmp_path), "--run", "mine", *options)

    return run


def test_a_run_on_a_gpu_says_which_before_all_else(state, run, tmp_path):
    assert run("gpu").status == 0
    folder = RunFolder(tmp_path / "runs" / "mine")
    environment = folder.read_manifest().environment
    assert list(environment.items())[: len(STATE)] == list(STATE.items())
    report = (folder.path / "report.md").read_text()
    chapter = report.partition("## Environment\n")[2].partition("\n## ")[0]
    assert "Pretended GPU" in chapter


def test_a_run_on_a_cpu_says_nothing_of_a_gpu(state, run, tmp_path):
    assert run("cpu").status == 0
    environment = RunFolder(tmp_path / "runs" / "mine").read_manifest().environment
    assert not [name for name in environment if name.startswith("gpu")]


@pytest.mark.parametrize(("now", "told"), [({"gpu": "Another GPU"}, "Another GPU"), (None, "None")])
def test_a_run_is_not_resumed_on_another_gpu(state, run, now, told):
    assert run("gpu").status == 0
    assert run("gpu", "--resume").status == 0
    state.clear()
    state.update(now or {})
    ended = run("gpu", "--resume")
    assert ended.status == 2
    assert f"cannot be resumed: changed since: gpu (Pretended GPU then, {told} now); start a new run" in ended.err


def test_batches_that_a_suite_chose_are_what_steps_go_through(carry_out, small_suite, monkeypatch):
    known = registry.workloads()
    speed = dataclasses.replace(known["softmax_digits"], metric=None, target=None)
    monkeypatch.setattr(registry, "workloads", lambda: {**known, "softmax_digits": speed})
    chosen = [{"name": "softmax_digits", "batch_size": 3 * speed.batch_size}]
    ran = carry_out(small_suite("healthy-one", workloads=chosen, scopes=["step", "inference"]))
    for scope in ("step", "inference"):
        record = ran.record("healthy-one", scope)
        assert (record.outcome, record.cell.batch_size) == (Outcome.OK, 3 * speed.batch_size)
    assert ran.record("healthy-one", "step").settings["staged"] == [3 * speed.batch_size]
    assert ran.records("healthy-one", "accuracy") == [], "it learns nothing"
