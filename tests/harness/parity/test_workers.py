"""Worker processes that gates share: one that has ended is followed by another, and threads get their own answers."""

import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from harness.parity.engine import Prover
from harness.parity.mutants import Mutant
from harness.parity.planting import planted
from harness.parity.workers import Workers
from harness.registry import find_workload
from harness.run.process import WorkerFailure

SUMMED = Mutant(
    "summed", "models_numpy/losses.py", "float(np.mean(error**2))", "float(np.sum(error**2))", "loss", "value"
)


@pytest.fixture
def shared(chaos, tmp_path):
    with Workers(tmp_path, 1, reference="healthy-one") as workers:
        yield workers


def kill(worker):
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()


def check(prover, arm, gate):
    findings = prover.check_half(find_workload("softmax_digits"), arm, [gate], prover.workers)
    return [(finding.passed, finding.where) for finding in findings]


def squared_error(workers, *outputs):
    """What the witness makes of outputs for targets of 0."""
    arrays = {"outputs": np.array([outputs]), "targets": np.zeros((1, len(outputs)))}
    return workers.exercise("numpy", "fp64", "losses", "loss", arrays, name="mse", options={})["value"].item()


def test_a_gate_that_crashes_its_worker_leaves_the_next_one_a_fresh_worker(shared):
    prover = Prover(shared)
    assert check(prover, "stumble-open", "structure") == [(False, "open: killed by SIGABRT")]
    assert check(prover, "stumble-open", "structure") == [(True, None)]


def test_an_arm_whose_packages_vanish_in_the_middle_of_a_proof_fails_it(shared):
    assert check(Prover(shared), "needs-nonsense", "structure") == [
        (False, "not installed: framework_that_nobody_wrote")
    ]


@pytest.mark.parametrize("twin", [False, True])
def test_a_worker_that_died_while_nobody_asked_it_is_followed_by_another(shared, twin):
    dead = shared.get("healthy-one", "fp64", twin=twin)
    kill(dead)
    fresh = shared.get("healthy-one", "fp64", twin=twin)
    assert fresh is not dead
    assert not fresh.ended
    assert shared.get("healthy-one", "fp64", twin=twin) is fresh


def test_a_reference_outlives_its_worker(shared):
    prover = Prover(shared)
    assert check(prover, "healthy-two", "structure") == [(True, None)]
    kill(shared.get("healthy-one", "fp64"))
    assert check(prover, "healthy-two", "backward") == [(True, None)]


@pytest.mark.parametrize(
    ("arm", "reason"), [("exit-start", "exited with status 3"), ("error-start", "ValueError: no such thing")]
)
def test_everyone_who_waits_for_a_start_is_told_why_it_fails(shared, arm, reason):
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(shared.get, arm, "fp64") for _ in range(3)]
        for one in asked:
            with pytest.raises(WorkerFailure, match=f"^start: {reason}"):
                one.result()


def test_a_patched_worker_is_followed_by_a_patched_one(shared, tmp_path):
    faulty, healthy = tmp_path / "faulty", tmp_path / "healthy"
    with shared.patched(planted(SUMMED, faulty), faulty) as hosts:
        assert (squared_error(shared, 1.0, 3.0), squared_error(hosts, 1.0, 3.0)) == (5, 10)
        kill(hosts.get("numpy", "fp64"))
        assert squared_error(hosts, 1.0, 3.0) == 10
        kill(hosts.get("numpy", "fp64"))
        shutil.copytree(faulty, healthy)
        (healthy / SUMMED.path).write_text((faulty / SUMMED.path).read_text().replace(SUMMED.new, SUMMED.old))
        hosts.replace(healthy)
        assert squared_error(hosts, 1.0, 3.0) == 5


def test_faults_of_the_reference_do_not_share_what_is_compared_with_it(shared, tmp_path):
    with shared.patched("chaos_arms", tmp_path) as one, shared.patched("chaos_arms", tmp_path) as other:
        assert one.get("numpy", "fp64") is not other.get("numpy", "fp64")


def test_threads_that_share_a_worker_get_their_own_answers(shared):
    worker = shared.get("numpy", "fp64")

    def ask(number):
        given = {"module": "models_numpy.exercises.losses", "function": "loss"}
        arrays = {"outputs": np.array([[float(number)]]), "targets": np.zeros((1, 1))}
        arguments = {"name": "mse", "options": {}}
        return shared.exchange.ask(worker, "exercise", arrays, **given, arguments=arguments)[0]["value"].item()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(100))) == [number**2 for number in range(100)]


@pytest.mark.parametrize(("precision", "disabled"), [("fp64", b"0"), ("fp32", b"1")])
def test_float32_is_compiled_as_it_is_raced(workers, precision, disabled):
    environment = Path(f"/proc/{workers.get('torch-compile', precision).process.pid}/environ").read_bytes()
    assert b"TORCHINDUCTOR_FORCE_DISABLE_CACHES=" + disabled in environment.split(b"\0")
