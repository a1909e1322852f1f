"""A training that is watched: an arm's process, asked for one epoch after the other."""

from __future__ import annotations

import dataclasses
import math
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness import matched
from harness.contract import Call, Cell, Dataset, Outcome, Workload
from harness.metrics import evaluate
from harness.run.process import Worker, WorkerFailure
from harness.run.sitting import StoredDataset

if TYPE_CHECKING:
    from harness.contract import Array

TIMEOUT_S = 3600.0
START_TIMEOUT_S = 180.0


@dataclasses.dataclass(frozen=True)
class Standing:
    """How a training stands after an epoch; after epoch 0 nothing is trained yet.

    Attributes:
        scalars: By tag. The training loss is there from the first epoch on.
        tensors: All parameters, by canonical name in canonical layouts.
        confusion: (classes, classes), how often a true class, by row, was taken for which; None where there are none.
    """

    epoch: int
    scalars: Mapping[str, float]
    tensors: Mapping[str, Array]
    confusion: Array | None

    @property
    def diverged(self) -> bool:
        """Whether a loss or the metric is no finite number."""
        return not all(math.isfinite(value) for value in self.scalars.values())


def tags(workload: Workload) -> tuple[str, str]:
    """Return the tags of what a training is judged by: the metric and the loss, both on the test set."""
    return f"{workload.metric}/test", "loss/test"


class Training:
    """One arm's training of a workload from a seed."""

    def __init__(self, worker: Worker, cell: Cell, workload: Workload, dataset: Dataset, scratch: Path):
        self.worker = worker
        self.cell = cell
        self.workload = workload
        self.x = matched.as_input(dataset.x_test, workload.form)
        self.y = matched.as_target(dataset.y_test, workload)
        self.outputs = dataset.outputs
        self.scratch = scratch

    def open(self, stored: StoredDataset) -> list[Call]:
        """Wait until the process is ready, build the model, and return the calls of its modules.

        Raises:
            WorkerFailure: If any of it fails.
        """
        self.worker.started(START_TIMEOUT_S)
        shape = list(self.x.shape[1:])
        traced = self.worker.ask(
            "trace", TIMEOUT_S, workload=self.workload.name, sample_shape=shape, outputs=self.outputs
        )
        self.worker.open(self.cell, stored, TIMEOUT_S, first_step=False)
        told = ({**call, "input": tuple(call["input"]), "output": tuple(call["output"])} for call in traced["calls"])
        return [Call(**call) for call in told]

    def epoch(self, number: int) -> Standing:
        """Train an epoch, from where the last one ended; number 0 only begins.

        Raises:
            WorkerFailure: If the process fails, or gives outputs that do not fit.
        """
        answer = self.scratch / f"{uuid.uuid4().hex}.npz"
        try:
            told = self.worker.ask("epoch", TIMEOUT_S, number=number, seed=self.cell.seed, answer=str(answer))
            with np.load(answer, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        finally:
            answer.unlink(missing_ok=True)
        outputs = arrays.pop("outputs")
        try:
            metric, loss = evaluate(self.workload, outputs, self.y)
        except ValueError as error:
            raise WorkerFailure(Outcome.INVALID_RESULT, str(error)) from None
        trained = {"loss/train": told["loss"], "seconds/epoch": told["seconds"]} if number else {}
        judged = dict(zip(tags(self.workload), (metric, loss), strict=True))
        scalars = {**trained, **judged, "learning_rate": told["learning_rate"]}
        tensors = {name.removeprefix("tensor "): tensor for name, tensor in arrays.items()}
        return Standing(number, scalars, tensors, self._confusion(outputs))

    def _confusion(self, outputs: Array) -> Array | None:
        if self.workload.metric != "accuracy" or outputs.ndim != 2 or self.y.ndim != 1:
            return None
        counts = np.zeros((outputs.shape[1], outputs.shape[1]), np.int64)
        np.add.at(counts, (self.y, outputs.argmax(axis=1)), 1)
        return counts
