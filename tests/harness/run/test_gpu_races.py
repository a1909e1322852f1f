"""Races on a GPU, which a replayed trace stands in for: what is sampled, who keeps it, and what goes wrong."""

import itertools
import threading

import nvml_traces
import pynvml
import pytest
from nvml_traces import calls, error, trace

from harness import registry
from harness.contract import Outcome
from harness.measure.environment import visible_device
from harness.measure.gpu import Sampler
from harness.measure.nvml_trace import Replay
from harness.run.coordinator import Coordinator
from harness.store.folder import RunFolder

ARMS = ("healthy-one", "healthy-two")


@pytest.fixture
def race(chaos, small_suite, silent, tmp_path):
    """``race(suite, lines)``: records by arm and scope of a suite whose GPU is a trace; what samplers got."""

    def race(suite, lines, progress=None):
        given, folder = [], RunFolder(tmp_path)

        def sampler(own):
            given.append(own)
            return Replay(lines).sampler(own)

        folder.create()
        Coordinator(suite, folder, progress or silent(), sampler).run()
        return {(record.cell.arm, record.cell.scope): record for record in folder.read_records()[0]}, given

    return race


def test_the_first_record_of_a_race_carries_what_the_gpu_did_and_the_others_say_so(race, small_suite):
    suite = small_suite(*ARMS, device="gpu", rounds=3, scopes=["step", "inference"])
    records, given = race(suite, nvml_traces.usual())
    assert {record.outcome for record in records.values()} == {Outcome.OK}
    assert {record.cell.device for record in records.values()} == {"gpu"}
    for scope in ("step", "inference"):
        first, second = (records[arm, scope] for arm in ARMS)
        told = first.timing.gpu
        assert (told.samples, told.lost) == (120, None)
        assert {arm: len(blocks) for arm, blocks in told.blocks.items()} == dict.fromkeys(ARMS, 3)
        assert told.source.endswith(nvml_traces.SOURCE)
        assert "gpu" not in first.reasons
        assert second.timing.gpu is None
        assert second.reasons["gpu"] == "it is in the record of healthy-one"
    pids = frozenset(records[arm, "step"].settings["pid"] for arm in ARMS)
    assert given == [pids, pids], "one sampler for each race, and none for the trainings"


def test_blocks_of_all_arms_lie_on_one_clock(race, small_suite):
    records, _ = race(small_suite(*ARMS, device="gpu", rounds=4, seeds=0), nvml_traces.usual())
    spans = records["healthy-one", "step"].timing.gpu.blocks
    assert list(spans) == list(ARMS)
    for arm in ARMS:
        blocks = records[arm, "step"].timing.blocks
        assert [end - begin for begin, end in spans[arm]] == pytest.approx([b.wall_ns / 1e6 for b in blocks], abs=0.11)
    turns = sorted(span for each in spans.values() for span in each)
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(turns)), "never two at once"


def test_workers_are_given_the_device_that_is_sampled(race, small_suite, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    records, _ = race(small_suite("healthy-one", device="gpu", seeds=0), nvml_traces.usual(1))
    seen = records["healthy-one", "step"].settings["environment"]
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["CUDA_DEVICE_ORDER"]) == ("3", "PCI_BUS_ID")
    assert seen["JAX_PLATFORMS"] == "cuda,cpu"


@pytest.mark.parametrize(
    ("variables", "device"),
    [
        ({}, "0"),
        ({"CUDA_VISIBLE_DEVICES": "2"}, "2"),
        ({"CUDA_VISIBLE_DEVICES": " GPU-ab , 1"}, "GPU-ab"),
        ({"CUDA_VISIBLE_DEVICES": ""}, ""),
    ],
)
def test_the_device_is_the_first_that_may_be_seen(variables, device):
    assert visible_device(variables) == device


def test_on_a_cpu_nothing_is_sampled_and_nothing_is_said(carry_out, small_suite):
    ran = carry_out(small_suite("healthy-one", seeds=0))
    record = ran.record("healthy-one", "step")
    assert record.timing.gpu is None
    assert "gpu" not in record.reasons
    seen = record.settings["environment"]
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["JAX_PLATFORMS"]) == ("", "cpu")
    assert "CUDA_DEVICE_ORDER" not in seen


def test_an_arm_that_knows_no_gpu_is_unsupported_there(race, small_suite):
    records, given = race(small_suite("only-cpu", device="gpu"), nvml_traces.usual(1))
    reasons = {(record.outcome, record.reason) for record in records.values()}
    assert reasons == {(Outcome.UNSUPPORTED, "only-cpu does not compute on gpu, only on cpu")}
    assert given == []


def test_an_arm_that_finds_no_gpu_is_unsupported_in_its_own_words_and_the_others_race(race, small_suite):
    records, _ = race(small_suite("nodevice-start", "healthy-one", device="gpu"), nvml_traces.usual(1))
    told = {(record.outcome, record.reason) for (arm, _), record in records.items() if arm == "nodevice-start"}
    assert told == {(Outcome.UNSUPPORTED, "start: NoDevice: Chaos finds no GPU here")}
    assert {record.outcome for (arm, _), record in records.items() if arm == "healthy-one"} == {Outcome.OK}


WORDS = {"torch": "PyTorch", "keras-tensorflow": "TensorFlow", "keras-jax": "JAX", "keras-torch": "PyTorch"}


def test_frameworks_say_themselves_that_they_find_no_gpu(race, small_suite, monkeypatch):
    """Of a machine that has one it is hidden."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    known = [arm for arm in WORDS if registry.missing(registry.find_arm(arm)) is None]
    records, _ = race(small_suite(*known, device="gpu", precisions=["tf32"], seeds=0), nvml_traces.usual(1))
    assert {record.outcome for record in records.values()} == {Outcome.UNSUPPORTED}
    for arm in known:
        version = registry.versions(registry.find_arm(arm))
        reason = records[arm, "step"].reason
        assert reason.startswith(f"start: NoDevice: {WORDS[arm]} ")
        assert "finds no GPU here" in reason
        assert any(number in reason for number in version.values()), "which version of it"


@pytest.mark.parametrize(
    ("head", "samples", "why"),
    [
        ({"nvmlInit": error(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)}, [calls()], "NVML Shared Library Not Found"),
        ({"nvmlInit": error(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)}, [calls()], "Driver Not Loaded"),
        ({}, [dict.fromkeys(calls(), error(pynvml.NVML_ERROR_GPU_IS_LOST))], "GPU is lost"),
    ],
)
def test_without_nvml_every_record_says_why_and_the_run_goes_on(race, small_suite, head, samples, why):
    records, _ = race(small_suite(*ARMS, device="gpu"), trace(samples, head=head))
    assert {record.outcome for record in records.values()} == {Outcome.OK}
    for arm in ARMS:
        assert records[arm, "step"].timing.gpu is None
        assert why in records[arm, "step"].reasons["gpu"]


def test_a_device_that_is_lost_in_the_middle_costs_the_rest_of_the_timeline_alone(race, small_suite):
    lost = dict.fromkeys(calls(), error(pynvml.NVML_ERROR_GPU_IS_LOST))
    records, _ = race(small_suite(*ARMS, device="gpu"), trace([calls(0), calls(1), lost, lost]))
    assert {record.outcome for record in records.values()} == {Outcome.OK}
    told = records["healthy-one", "step"].timing.gpu
    assert told.samples == 2
    assert "GPU is lost" in told.lost


def test_when_the_first_arm_fails_the_next_one_carries_it(race, small_suite):
    records, _ = race(small_suite("exit-block", "healthy-one", device="gpu", seeds=0), nvml_traces.usual())
    assert records["exit-block", "step"].outcome is Outcome.CRASHED
    assert list(records["healthy-one", "step"].timing.gpu.blocks) == ["healthy-one"]


def test_an_interrupted_race_leaves_no_thread(chaos, small_suite, silent, tmp_path):
    class Impatient(silent):
        def step(self, sitting, event):
            if event.startswith("round 2"):
                assert "gpu-sampler" in {thread.name for thread in threading.enumerate()}
                raise KeyboardInterrupt

    def sampler(own):
        return Sampler("0", own, period_s=3600.0, nvml=Replay(nvml_traces.usual(1)))

    folder = RunFolder(tmp_path)
    folder.create()
    suite = small_suite("healthy-one", device="gpu", seeds=0)
    assert Coordinator(suite, folder, Impatient(), sampler).run().interrupted
    assert "gpu-sampler" not in {thread.name for thread in threading.enumerate()}


def test_a_device_that_nobody_knows_is_refused(twinbench, suite_file, small_suite, tmp_path):
    path = tmp_path / "suite.yaml"
    content = small_suite("healthy-one").model_dump_json(exclude_defaults=True)
    path.write_text(content.replace('"launches"', '"device": "tpu", "launches"'))
    ended = twinbench("run", str(path))
    assert ended.status == 2
    assert "field 'device': unknown device 'tpu'" in ended.err
    assert "'gpu'" in ended.err or "'cpu'" in ended.err
