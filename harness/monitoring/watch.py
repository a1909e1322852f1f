"""Train a workload in several arms, an epoch of each in turn, and let the log and the table follow."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import tempfile
from pathlib import Path
from typing import Any

from harness import registry
from harness.contract import Setup
from harness.monitoring.live import LiveTable
from harness.monitoring.log import Log
from harness.monitoring.request import Request
from harness.monitoring.training import Standing, Training
from harness.run.coordinator import store_dataset
from harness.run.process import Worker, WorkerFailure

DIVERGED = "diverged"


@dataclasses.dataclass
class Watched:
    """What became of an arm.

    Attributes:
        last: How it stood after its last epoch; None if it never got so far.
        reason: Why it ended before the budget did; None if it did not.
    """

    arm: str
    last: Standing | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, which holds no infinity."""
        scalars = self.last.scalars if self.last else {}
        told = {tag: value if math.isfinite(value) else None for tag, value in scalars.items()}
        return {"arm": self.arm, "epochs": self.last.epoch if self.last else 0, "scalars": told, "reason": self.reason}


def watch(request: Request, folder: Path, table: LiveTable) -> list[Watched]:
    """Train, write into ``folder``, and return what became of every arm; one that fails does not stop the others."""
    dataset = registry.load_dataset(request.workload.dataset)
    found = {arm: Watched(arm) for arm in request.arms}
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twinbench-watch-")))
        stored = store_dataset(dataset, scratch)
        log = stack.enter_context(Log(folder, request.workload, request.arms))
        trainings = {}
        for arm in request.arms:
            setup = Setup(request.precision, request.threads, pinned=False)
            worker = stack.enter_context(Worker(registry.find_arm(arm), setup, folder / arm / "worker.log", scratch))
            worker.begin()
            trainings[arm] = Training(worker, request.cell(arm), request.workload, dataset, scratch)

        def attempt(arm: str, number: int) -> None:
            training = trainings[arm]
            if number == 0:
                log.begin(arm, training.open(stored), request.hyperparameters(arm), training.x)
            table.state(arm, f"epoch {number}" if number else "begins")
            found[arm].last = standing = training.epoch(number)
            log.epoch(arm, standing)
            table.epoch(arm, standing)
            if standing.diverged:
                found[arm].reason = DIVERGED

        for number in range(request.budget + 1):
            for arm in [arm for arm, one in found.items() if one.reason is None]:
                try:
                    attempt(arm, number)
                except WorkerFailure as failure:
                    found[arm].reason = str(failure)
                if found[arm].reason or number == request.budget:
                    table.state(arm, found[arm].reason or "done")
                    log.end(arm, well=found[arm].reason is None)
    return list(found.values())
