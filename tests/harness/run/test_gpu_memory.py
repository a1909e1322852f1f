"""What a race leaves on record of a GPU's memory, which chaos arms and a replayed trace stand in for."""

import pytest
from nvml_traces import calls, trace

from harness.contract import Outcome
from harness.measure.nvml_trace import Replay
from harness.run.coordinator import Coordinator
from harness.schema import DevicePeaks
from harness.store.folder import RunFolder

MIB = 2**20
ARMS = ("healthy-one", "healthy-two")


@pytest.fixture
def race(chaos, silent, tmp_path):
    """``race(suite, holding)``: records by arm, scope, workload and launch; the trace says what pids hold."""

    def race(suite, *holding):
        folder = RunFolder(tmp_path)
        folder.create()

        def sampler(own):
            def told(bytes_):
                found = [{"pid": pid, "usedGpuMemory": bytes_ and bytes_ + pid} for pid in (*own, 1)]
                return calls(0, nvmlDeviceGetComputeRunningProcesses=found)

            return Replay(trace([told(bytes_) for bytes_ in holding])).sampler(own)

        Coordinator(suite, folder, silent(), sampler).run()
        found, _ = folder.read_records()
        return {(r.cell.arm, r.cell.scope, r.cell.workload, r.cell.index): r for r in found}

    return race


def peaks(mib):
    return DevicePeaks(live_bytes=mib * MIB, pool_bytes=2 * mib * MIB, since_start=False)


def test_every_phase_has_the_peaks_that_the_arm_told_as_it_ended(race, small_suite):
    records = race(small_suite(*ARMS, device="gpu", scopes=["step", "inference"]), 5 * MIB)
    assert {record.outcome for record in records.values()} == {Outcome.OK}
    for arm in ARMS:
        trained = records[arm, "step", "softmax_digits", 0]
        assert trained.timing.device_memory == {
            "import": peaks(1),
            "build": peaks(2),
            "first step": peaks(3),
            "step": peaks(4),
        }
        assert trained.timing.device_memory.keys() == trained.timing.phases.keys()
        passed = records[arm, "inference", "softmax_digits", 0]
        assert passed.timing.device_memory == {"inference": peaks(5)}, "what was before is in the other record"
        assert "device_memory" not in trained.reasons.keys() | passed.reasons.keys()
        assert records[arm, "accuracy", "softmax_digits", 0].timing is None


def test_the_driver_is_believed_by_process_at_its_most(race, small_suite):
    records = race(small_suite(*ARMS, device="gpu", seeds=0), 5 * MIB, 9 * MIB, 7 * MIB)
    pids = {arm: records[arm, "step", "softmax_digits", 0].settings["pid"] for arm in ARMS}
    assert len(set(pids.values())) == 2
    for arm in ARMS:
        assert records[arm, "step", "softmax_digits", 0].timing.driver_bytes == 9 * MIB + pids[arm]


def test_what_the_driver_does_not_tell_of_a_process_is_null(race, small_suite):
    records = race(small_suite("healthy-one", device="gpu", seeds=0), None, None)
    assert records["healthy-one", "step", "softmax_digits", 0].timing.driver_bytes is None


def test_a_process_that_had_raced_another_workload_has_no_memory_of_its_own_to_tell(race, small_suite):
    suite = small_suite(
        "healthy-one",
        device="gpu",
        seeds=0,
        cold_starts=0,
        scopes=["step", "inference"],
        workloads=[{"name": "softmax_digits"}, {"name": "mlp_digits"}],
    )
    records = race(suite, 5 * MIB)
    assert records["healthy-one", "step", "softmax_digits", 0].timing.device_memory
    for scope in ("step", "inference"):
        used = records["healthy-one", scope, "mlp_digits", 0]
        assert used.timing.device_memory is None
        assert used.reasons["device_memory"] == used.reasons["phases"]
        assert "another workload" in used.reasons["device_memory"]


def test_on_a_cpu_no_memory_of_a_device_is_missed(carry_out, small_suite):
    both = [{"name": "softmax_digits"}, {"name": "mlp_digits"}]
    for record in carry_out(small_suite("healthy-one", seeds=0, cold_starts=0, workloads=both)).result.records:
        assert (record.timing.device_memory, record.timing.driver_bytes) == (None, None)
        assert "device_memory" not in record.reasons
        assert ("phases" in record.reasons) == (record.cell.workload == "mlp_digits"), "used by then"
