"""Ceilings of a GPU, which chaos arms pretend to compute on: what is asked there, and where it is filed."""

import json

import pytest
from report_factories import ceiling, ceilings

from harness import registry
from harness.limits import filed
from harness.limits.ceilings import Extent, Unmeasurable, measure, wanting
from harness.measure import gpu
from harness.measure.environment import fingerprint
from harness.report.limits import ceilings_sheet
from harness.run.process import Worker

SMALL = Extent(sizes=(16,), array_bytes=1 << 16, samples=2)
NAME = "Pretended GPU"


@pytest.fixture
def pretended(chaos, monkeypatch):
    """A GPU of that name."""
    monkeypatch.setattr(gpu, "described", lambda device: {"gpu": NAME, "gpu_driver": "0.0"})


@pytest.fixture
def asked(pretended, monkeypatch):
    """What processes were asked for, by their precision: each answers that all takes a second."""
    asked = {}

    def ask(self, do, timeout_s, **request):
        assert self.setup.device == "gpu"
        asked.setdefault(self.setup.precision, set()).add((request["function"], request["arguments"].get("dtype")))
        return {"seconds": [1.0, 2.0, 4.0], "pressure": 0.0, "foreign": 0.0, "calls": 1}

    monkeypatch.setattr(Worker, "ask", ask)
    return asked


def test_copies_to_the_device_are_measured_there_and_tf32_in_a_process_of_its_own(asked):
    found = measure(["healthy-one", "with-tf32"], 1, str, SMALL, "gpu")
    assert asked["tf32"] == {("matrix_product", "float32")}, "of float32, in a process that rounds what it multiplies"
    assert asked["fp32"] == {
        *(("matrix_product", dtype) for dtype in ("float32", "float16")),
        *((what, None) for what in ("memory", "call", "transfer")),
    }
    assert (found.gpu, found.last_cache) == (NAME, None)
    (transfer,) = [one for one in found.found if (one.arm, one.kind) == ("with-tf32", "transfer")]
    assert (transfer.best, transfer.median, transfer.size, transfer.reason) == (1 << 14, 1 << 13, 1 << 14, None)
    by_tf32 = [(one.arm, one.best) for one in found.found if one.dtype == "tf32"]
    assert by_tf32 == [("with-tf32", 2 * 16**3)], "the other arm does not compute in it, and nobody asks why"
    assert not wanting(found)
    assert f"What {NAME} gives at most" in ceilings_sheet(found).about


def test_larger_matrices_and_arrays_for_a_gpu():
    here, there = Extent.of("cpu"), Extent.of("gpu")
    assert max(there.sizes) > max(here.sizes)
    assert there.array_bytes >= 16 * 50 * 2**20, "far more than any cache of a GPU"


def test_without_a_gpu_nothing_is_filed_that_would_be_the_cpus(chaos, monkeypatch, twinbench, tmp_path):
    monkeypatch.setattr(gpu, "described", lambda device: {})
    asked = ("doctor", "--ceilings", "--device", "gpu", "--arms", "healthy-one")
    ended = twinbench(*asked, "--results", str(tmp_path))
    assert ended.status == 2
    assert "NVML finds no GPU here" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_arms_that_know_no_gpu_have_no_ceilings_there(pretended):
    with pytest.raises(Unmeasurable, match="none of only-cpu computes on gpu"):
        measure(["only-cpu"], 1, str, SMALL, "gpu")


def test_a_gpus_ceilings_are_filed_apart_and_told_of_it_alone(pretended, tmp_path):
    arm = "healthy-one"
    machine = fingerprint("gpu")
    known = {
        "cpu": machine["cpu"],
        "cores": machine["cores_used"],
        "threads": 1,
        "versions": {arm: registry.versions(registry.find_arm(arm))},
    }
    of_cpu = ceilings(ceiling(arm, "product", 1e12, dtype="float32"), **known)
    of_gpu = ceilings(ceiling(arm, "product", 5e13, dtype="float32"), gpu=NAME, **known)
    of_other = ceilings(ceiling(arm, "product", 9e13, dtype="float32"), gpu="Another GPU", **known)
    paths = {filed.write_ceilings(tmp_path, one) for one in (of_cpu, of_gpu, of_other)}
    assert len(paths) == 3
    assert filed.ceilings(tmp_path, machine, 1) == of_gpu
    assert filed.ceilings(tmp_path, fingerprint(), 1) == of_cpu


def test_a_run_takes_the_ceilings_of_what_it_computes_on(pretended, twinbench, suite_file, tmp_path):
    arm = "healthy-one"
    machine = fingerprint("gpu")
    versions = {arm: registry.versions(registry.find_arm(arm))}
    known = {"cpu": machine["cpu"], "cores": machine["cores_used"], "threads": 1, "versions": versions}
    filed.write_ceilings(tmp_path, ceilings(ceiling(arm, "product", 5e13, dtype="float32"), gpu=NAME, **known))
    taken = {}
    for device in ("cpu", "gpu"):
        suite = suite_file(arm, device=device, seeds=0, rounds=1)
        ran = twinbench("run", suite, "--unverified", "--json", "--results", str(tmp_path), "--run", device)
        assert ran.status == 0, ran.err
        taken[device] = json.loads(ran.out)["manifest"]["ceilings"]
    assert taken["cpu"] is None
    assert (taken["gpu"]["gpu"], [one["best"] for one in taken["gpu"]["found"]]) == (NAME, [5e13])


def test_where_nobody_names_the_gpu_a_run_takes_nothing_that_is_on_file(
    chaos, monkeypatch, twinbench, suite_file, tmp_path
):
    monkeypatch.setattr(gpu, "described", lambda device: {})
    machine, arm = fingerprint(), "healthy-one"
    versions = {arm: registry.versions(registry.find_arm(arm))}
    known = {"cpu": machine["cpu"], "cores": machine["cores_used"], "threads": 1, "versions": versions}
    filed.write_ceilings(tmp_path, ceilings(ceiling(arm, "product", 1e12, dtype="float32"), **known))
    suite = suite_file(arm, device="gpu", seeds=0, rounds=1)
    ran = twinbench("run", suite, "--unverified", "--json", "--results", str(tmp_path), "--run", "mine")
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["manifest"]["ceilings"] is None, "these are the CPU's"
