"""Runs gates over pairs: one process per arm and precision, the same noise and the same batch for all."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from harness import matched, registry
from harness.contract import Workload
from harness.parity.gates import GATES, Finding, Stage, noise, structure
from harness.parity.pair import Half, Workers, without_dropout
from harness.run.coordinator import store_dataset
from harness.run.process import WorkerFailure

REFERENCE = "torch"
BATCH = 7
"""Samples in the gates' batch: odd and prime, so that no other axis has its length."""


class ParityError(ValueError):
    """Gates that cannot be run here."""


def require_reference() -> None:
    """Check that the half that all others are compared with can run here.

    Raises:
        ParityError: If it cannot.
    """
    if reason := registry.missing(registry.find_arm(REFERENCE)):
        raise ParityError(f"the gates compare every half with {REFERENCE}'s, which cannot run here: {reason}")


def check(workloads: Sequence[str], arms: Sequence[str], gates: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Run the gates on every arm's half of every workload against PyTorch's, and yield each finding.

    A gate whose worker fails has failed; the remaining gates of that half are not tried.
    """
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twinbench-parity-")))
        (scratch / "keras").mkdir()
        workers = Workers(stack, scratch, threads=1)
        for name in workloads:
            for arm in arms:
                spec = registry.find_arm(arm)
                workload = registry.find_workload(name)
                if registry.unsupported(spec, workload, "fp64") is None:
                    yield from _check_half(workers, workload, arm, gates, seed)


def _check_half(workers: Workers, workload: Workload, arm: str, gates: Sequence[str], seed: int) -> Iterator[Finding]:
    workload = without_dropout(workload)
    dataset = registry.load_dataset(workload.dataset)
    stored = store_dataset(dataset, workers.scratch)
    gate = "structure"
    try:
        reference = Half(workers.get(REFERENCE, "fp64"), REFERENCE, workload, stored, workers.exchange)
        # PyTorch is compared with itself too, in a second process: its float32 with its float64.
        exact = Half(workers.get(arm, "fp64", twin=arm == REFERENCE), arm, workload, stored, workers.exchange)
        witness = registry.find_arm(arm).witness
        single = None if witness else Half(workers.get(arm, "fp32"), arm, workload, stored, workers.exchange)
        tensors = noise(reference.specs(), seed)
        chosen = np.random.default_rng([seed, 3]).choice(len(dataset.x_train), BATCH, replace=False)
        x = matched.as_input(dataset.x_train[chosen], workload.form)
        stage = Stage(workload, dataset, arm, reference, exact, single, tensors, x, dataset.y_train[chosen])
        if not all(finding.passed for finding in structure(stage)):
            gates = ["structure"]  # tensors that do not correspond cannot be loaded
        else:
            for half in filter(None, (reference, exact, single)):
                half.load(tensors)
        for gate in gates:
            yield from GATES[gate](stage)
    except WorkerFailure as failure:
        yield Finding(workload.name, arm, gate, passed=False, where=str(failure))
