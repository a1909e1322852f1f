"""``twinbench doctor --ceilings`` and ``twinbench breakdown``: what they refuse, what they leave, who hears of it."""

import json

import pytest
from report_factories import breakdown, ceiling, ceilings

from harness import registry
from harness.limits import breakdown as measuring
from harness.limits import filed
from harness.measure.environment import fingerprint


@pytest.fixture
def here(chaos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("doctor", "--ceilings", "--arms", "torhc"), "did you mean 'torch'"),
        (("doctor", "--ceilings", "--arms", "numpy"), "numpy is a witness"),
        (("doctor", "--ceilings", "--arms", "torch-compile"), "torch-compile is a form of torch: measure that"),
        (("doctor", "--arms", "torch"), "--arms, --threads and --device are of --ceilings"),
        (("doctor", "--threads", "1"), "--arms, --threads and --device are of --ceilings"),
        (("doctor", "--ceilings", "--arms", "needs-nonsense"), "not installed: framework_that_nobody_wrote"),
        (("doctor", "--ceilings", "--threads", "999"), "only"),
        (("breakdown", "softmax_digits", "--arms", "torhc"), "did you mean 'torch'"),
        (("breakdown", "softmax_digit"), "did you mean 'softmax_digits'"),
        (("breakdown", "softmax_digits", "--arms", "healthy-one"), "healthy-one has no parts"),
        (("breakdown", "softmax_digits", "--arms", "keras-jax", "--parts", "optimizer"), "compiled as a whole"),
        (("breakdown", "softmax_digits", "--parts", "optimiser"), "did you mean 'optimizer'"),
        (("breakdown", "softmax_digits", "--arms", "torch", "--precision", "fp8"), "unknown precision 'fp8'"),
        (("breakdown", "softmax_digits", "--arms", "torch", "--threads", "999"), "only"),
    ],
)
def test_what_cannot_be_measured_is_refused_and_leaves_nothing(here, twinbench, arguments, said):
    ended = twinbench(*arguments)
    assert ended.status == 2
    assert said in ended.err
    assert not list(here.iterdir())


LITTLE = ("--threads", "1", "--rounds", "1", "--block-ms", "1")


def test_a_breakdown_is_put_on_file_and_shown(here, twinbench):
    ended = twinbench("breakdown", "softmax_digits", "--arms", "torch", *LITTLE, "--json")
    assert ended.status in (0, 3), ended.err
    (told,) = json.loads(ended.out)
    (path,) = here.glob("results/breakdowns/torch-softmax_digits-fp32-*.json")
    assert json.loads(path.read_text())["content"] == told
    measured = {part["part"]: part["ms"] for part in told["parts"]}
    assert list(measured) == ["input", "forward", "forward+backward", "optimizer", "dispatch", "step", "epoch"]
    if ended.status == 0:  # nobody else was at work
        assert all(ms > 0 for ms in measured.values())
        assert told["sum_ms"] == pytest.approx(measured["forward+backward"] + measured["optimizer"])
        assert told["gap"] == pytest.approx(1 - told["sum_ms"] / measured["step"])


def test_parts_that_are_asked_for_are_shown_and_displace_no_breakdown(here, twinbench):
    ended = twinbench("breakdown", "softmax_digits", "--arms", "torch", *LITTLE, "--parts", "optimizer", "--json")
    assert ended.status in (0, 3), ended.err
    (told,) = json.loads(ended.out)
    assert [part["part"] for part in told["parts"]] == ["optimizer", "step"]
    assert not list(here.iterdir())


def test_a_breakdown_that_was_mostly_disturbed_ends_with_status_3(here, twinbench, monkeypatch):
    told = breakdown("torch", {"forward": 0.3, "step": 1.0})
    monkeypatch.setattr(measuring, "measure", lambda request, tell: told)
    assert twinbench("breakdown", "softmax_digits", "--arms", "torch").status == 0
    forward, step = told.parts
    told = told.model_copy(update={"parts": [forward.model_copy(update={"disturbed": 7}), step]})
    ended = twinbench("breakdown", "softmax_digits", "--arms", "torch")
    assert ended.status == 3
    assert "7 of 8 rounds left out" in ended.out


def test_ceilings_that_nobody_can_tell_are_on_file_with_the_reason(here, twinbench):
    ended = twinbench("doctor", "--ceilings", "--arms", "healthy-one", "--threads", "1")
    assert ended.status == 3
    assert "chaos_arms.exercises" in ended.out
    (path,) = here.glob("results/ceilings/*.json")
    assert {one["best"] for one in json.loads(path.read_text())["content"]["found"]} == {None}


def test_a_run_carries_what_is_on_file_of_its_machine(here, twinbench):
    machine, arm = fingerprint(), "healthy-one"
    versions = registry.versions(registry.find_arm(arm))
    known = {"cpu": machine["cpu"], "cores": machine["cores_used"], "threads": 1}
    product, memory = ceiling(arm, "product", 1e12, dtype="float32"), ceiling(arm, "memory", 1e11)
    filed.write_ceilings(here / "results", ceilings(product, memory, versions={arm: versions}, **known))
    taken_apart = breakdown(
        arm, {"forward": 0.25, "step": 0.5}, versions=versions, source_sha256=measuring.sources(), **known
    )
    filed.write_breakdown(here / "results", taken_apart)
    suite = here / "tiny.yaml"
    suite.write_text(
        f"title: tiny\narms: [{arm}]\nworkloads: [softmax_digits]\nlaunches: 1\nrounds: 1\nseeds: 0\nthreads: 1\n"
    )
    ran = twinbench("run", str(suite), "--unverified", "--json")
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert [one["best"] for one in document["manifest"]["ceilings"]["found"]] == [1e12, 1e11]
    assert [one["arm"] for one in document["manifest"]["breakdowns"]] == [arm]
    report = (here / document["report"]).read_text()
    chapter = report.partition("## What the device allows")[2].partition("\n## ")[0]
    assert "GFLOP/s" in chapter
    assert "(roofline.png)" in chapter
    assert "forward + backward" in chapter
