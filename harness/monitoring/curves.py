"""What a run recorded, as scalars by step and as files for TensorBoard, under the tags of a watched training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness import registry
from harness.contract import Cell
from harness.monitoring.events import EventFile
from harness.monitoring.training import tags
from harness.report.race import step_seconds
from harness.schema import Accuracy, Record, Timing

MIB = 2**20


def scalars(record: Record) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Yield the scalars of a record, by tag, at each step: the epoch of a training, the clean block of a race.

    What is known of a whole training is at its last step, and of the process of a race at step 0.

    Raises:
        UnknownName: If it is of a workload that does not exist any more.
    """
    if record.accuracy:
        yield from _of_training(record.cell, record.accuracy)
    if record.timing:
        yield from _of_race(record.timing)
    if fit := record.fit:
        seconds = {"seconds/training": fit.train_s, "seconds/predicting": fit.predict_s}
        yield 0, {f"{fit.measure}/test": fit.metric, **seconds}


def _of_training(cell: Cell, measured: Accuracy) -> Iterator[tuple[int, Mapping[str, float]]]:
    metric, loss = tags(registry.find_workload(cell.workload))
    after = measured.course.metrics if measured.course else []
    for epoch, value in enumerate(measured.epoch_losses, start=1):
        yield epoch, {"loss/train": value, **({metric: after[epoch - 1]} if epoch < len(after) else {})}
    figures = {f"figures/{name}": value for name, value in measured.figures.items()}
    yield len(measured.epoch_losses), {metric: measured.metric, loss: measured.test_loss, **figures}


def _of_race(measured: Timing) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Yield what one launch measured; blocks that others disturbed count for nothing, and are left out."""
    of_process = {
        "seconds/first_step": measured.first_step_s,
        "seconds/cold_start": measured.cold_start_s,
        "MiB/peak_host_memory": None if measured.peak_rss_bytes is None else measured.peak_rss_bytes / MIB,
    }
    if known := {tag: value for tag, value in of_process.items() if value is not None}:
        yield 0, known
    clean = [block for block in measured.blocks if not block.contended]
    for number, block in enumerate(clean, start=1):
        yield number, {"milliseconds/step": step_seconds(block) * 1e3}


class Curves:
    """A folder for TensorBoard: for each training and each race of an arm a folder with an event file.

    A follower of a run, which tells of a record when no worker is at work.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def begin(self, cells: int, done: int) -> None:
        """Take the number of cells; nothing is written of it."""

    def step(self, sitting: str, event: str) -> None:
        """Take what is happening now; nothing is written of it."""

    def record(self, record: Record) -> None:
        """Write a finished record, if anything was measured.

        Raises:
            UnknownName: If it is of a workload that does not exist any more.
            OSError: If a file cannot be written.
        """
        if not (found := list(scalars(record))):
            return
        with EventFile(self._place(record.cell)) as file:
            if record.accuracy:
                _ask(file, record.cell)
            for step, values in found:
                file.scalars(step, values)
            if record.accuracy:
                file.ended(well=True)

    def _place(self, cell: Cell) -> Path:
        """Return the folder of a cell, whose parts TensorBoard shows as the name of a run."""
        return self.folder / part(heading(cell)) / part(title(cell))


def heading(cell: Cell) -> str:
    """Return what a cell has in common with those that it is compared with."""
    return f"{cell.workload}-{cell.precision}{'-stock' if cell.track == 'stock' else ''}"


def title(cell: Cell) -> str:
    """Return what a cell is called among those."""
    unit = {"accuracy": "seed", "step": "launch"}.get(cell.scope, f"{cell.scope}-launch")
    if cell.scope in ("inference", "latency") and cell.batch_size != registry.find_workload(cell.workload).batch_size:
        unit = f"{cell.scope}-batch-{cell.batch_size}-launch"
    who = cell.arm if cell.baseline is None else f"{cell.arm}-{cell.baseline}"
    return f"{who}-{unit}-{cell.index}"


def part(name: str) -> str:
    """Return a name as one part of a path, whatever is in it: what could lead elsewhere is told by its number."""
    safe = "".join(c if c.isalnum() or c in " ._+-" else f"%{ord(c):02X}" for c in name)
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def _ask(file: EventFile, cell: Cell) -> None:
    """Write what a training was asked for."""
    asked: dict[str, str | float] = {
        "workload": cell.workload,
        "arm": cell.arm,
        "precision": cell.precision,
        "track": cell.track,
        "batch_size": cell.batch_size,
        "epochs": cell.epochs,
        "seed": cell.seed,
    }
    file.hyperparameters(asked, tags(registry.find_workload(cell.workload)), group=f"{heading(cell)} {title(cell)}")
