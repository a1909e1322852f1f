"""Arms wait for each other every few workloads, so that what the reference answers need not be kept for all."""

from harness import registry
from harness.parity import engine
from harness.run.process import Worker

WORKLOADS = ("softmax_digits", "mlp_digits", "softmax_mnist1d")


def test_every_task_is_carried_out_however_far_an_arm_may_be_ahead(chaos, monkeypatch):
    started, begin = [], Worker.begin
    monkeypatch.setattr(Worker, "begin", lambda worker: started.append(worker.spec.name) or begin(worker))
    monkeypatch.setattr(engine, "AHEAD", 1)
    todo = engine.tasks([registry.find_workload(name) for name in WORKLOADS], ["structure", "backward"])
    arms = ("healthy-one", "healthy-two")
    findings = list(engine.check({"healthy-one": todo, "healthy-two": todo[:1]}, "healthy-one"))
    assert [finding for finding in findings if not finding.passed] == []
    found = {(finding.workload, finding.arm) for finding in findings if finding.gate == "backward fp64"}
    assert found == {(name, arms[0]) for name in WORKLOADS} | {(WORKLOADS[0], arms[1])}
    order = [finding.workload for finding in findings if finding.arm == arms[0] and finding.gate == "structure"]
    assert order == list(WORKLOADS)
    assert sorted(started) == ["healthy-one", "healthy-one", "healthy-two"], "a process outlives what it began with"
