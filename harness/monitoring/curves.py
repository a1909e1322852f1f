"""What a run recorded, as files for TensorBoard: as far as a record goes, under the tags of a watched training."""

from __future__ import annotations

from pathlib import Path

from harness import registry
from harness.contract import Cell
from harness.monitoring.events import EventFile
from harness.monitoring.training import tags
from harness.schema import Accuracy, Record, Timing

MIB = 2**20


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
        if record.accuracy:
            with EventFile(self._place(record.cell)) as file:
                _write_training(file, record.cell, record.accuracy)
        elif record.timing:
            with EventFile(self._place(record.cell)) as file:
                _write_race(file, record.timing)

    def _place(self, cell: Cell) -> Path:
        """Return the folder of a cell, whose parts TensorBoard shows as the name of a run."""
        stock = "-stock" if cell.track == "stock" else ""
        unit = {"accuracy": "seed", "step": "launch", "inference": "inference-launch"}[cell.scope]
        where = f"{cell.workload}-{cell.precision}{stock}"
        return self.folder / part(where) / part(f"{cell.arm}-{unit}-{cell.index}")


def part(name: str) -> str:
    """Return a name as one part of a path, whatever is in it: what could lead elsewhere is told by its number."""
    safe = "".join(c if c.isalnum() or c in " ._+-" else f"%{ord(c):02X}" for c in name)
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def _write_training(file: EventFile, cell: Cell, measured: Accuracy) -> None:
    metric, loss = tags(registry.find_workload(cell.workload))
    asked: dict[str, str | float] = {
        "workload": cell.workload,
        "arm": cell.arm,
        "precision": cell.precision,
        "track": cell.track,
        "batch_size": cell.batch_size,
        "epochs": cell.epochs,
        "seed": cell.seed,
    }
    file.hyperparameters(asked, (metric, loss), group=f"{cell.workload} {cell.arm} {cell.precision} {cell.seed}")
    for epoch, value in enumerate(measured.epoch_losses, start=1):
        file.scalars(epoch, {"loss/train": value})
    figures = {f"figures/{name}": value for name, value in measured.figures.items()}
    file.scalars(len(measured.epoch_losses), {metric: measured.metric, loss: measured.test_loss, **figures})
    file.ended(well=True)


def _write_race(file: EventFile, measured: Timing) -> None:
    """Write what one launch measured; blocks that others disturbed count for nothing, and are left out."""
    of_process = {
        "seconds/first_step": measured.first_step_s,
        "seconds/cold_start": measured.cold_start_s,
        "MiB/peak_host_memory": None if measured.peak_rss_bytes is None else measured.peak_rss_bytes / MIB,
    }
    file.scalars(0, {tag: value for tag, value in of_process.items() if value is not None})
    clean = [block for block in measured.blocks if not block.contended]
    for number, block in enumerate(clean, start=1):
        file.scalars(number, {"milliseconds/step": block.wall_ns / 1e6 / block.steps})
