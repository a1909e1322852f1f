"""One writer for every arm: event files for TensorBoard, and all scalars in one CSV file."""

from __future__ import annotations

import contextlib
import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from harness.contract import Call, Workload
from harness.monitoring.events import EventFile
from harness.monitoring.training import Standing, tags

if TYPE_CHECKING:
    from harness.contract import Array

SHOWN = 16
"""Test samples on the picture of a workload of images."""

COLUMNS = ("arm", "epoch", "tag", "value")


class Log:
    """What is kept of a watched workload, in a folder: a folder for each arm, and ``scalars.csv``.

    What is written is flushed at once, so that TensorBoard can follow. Use as a context manager.
    """

    def __init__(self, folder: Path, workload: Workload, arms: Sequence[str]):
        self.folder = folder
        self.workload = workload
        self.stack = contextlib.ExitStack()
        with self.stack:  # closes what is open if the next cannot be opened
            folder.mkdir(parents=True, exist_ok=True)
            self.file = self.stack.enter_context((folder / "scalars.csv").open("x", encoding="utf-8", newline=""))
            self.rows = csv.writer(self.file, lineterminator="\n")
            self.rows.writerow(COLUMNS)
            self.files = {arm: self.stack.enter_context(EventFile(folder / arm)) for arm in arms}
            self.stack = self.stack.pop_all()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def begin(self, arm: str, calls: Sequence[Call], asked: Mapping[str, str | float], samples: Array) -> None:
        """Write what is known before the first epoch: the graph, hyperparameters, some of what is to be told apart.

        Args:
            arm: Whose model it is.
            calls: Of its modules.
            asked: Hyperparameters, by name.
            samples: Of the test set, canonical.
        """
        file = self.files[arm]
        file.graph(calls)
        file.hyperparameters(asked, tags(self.workload), group=arm)
        if self.workload.form == "image":
            file.image(0, "samples", mosaic(samples[:SHOWN].mean(axis=1)))

    def epoch(self, arm: str, standing: Standing) -> None:
        """Write how an arm stands after an epoch."""
        file, step = self.files[arm], standing.epoch
        file.scalars(step, standing.scalars)
        file.histograms(step, {f"parameters/{name}": tensor for name, tensor in standing.tensors.items()})
        if standing.confusion is not None:
            file.image(step, "confusion", standing.confusion)
        self.rows.writerows((arm, step, tag, repr(value)) for tag, value in standing.scalars.items())
        self.file.flush()

    def end(self, arm: str, *, well: bool) -> None:
        """Write that an arm is done, or has failed."""
        self.files[arm].ended(well=well)


def mosaic(pictures: Array) -> Array:
    """Return pictures (N, H, W) side by side and below each other, as nearly square as can be."""
    count, height, width = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    empty = np.full((rows * columns - count, height, width), pictures.min())
    grid = np.concatenate([pictures, empty]).reshape(rows, columns, height, width)
    return grid.swapaxes(1, 2).reshape(rows * height, columns * width)
