"""What is to be watched, and what cannot be."""

from __future__ import annotations

import dataclasses

from harness import registry
from harness.contract import Cell, Precision, Workload


class WatchError(ValueError):
    """A training that cannot be watched. The message says why."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be watched.

    Attributes:
        epochs: To train; None for the workload's own.
        threads: Cores of a worker. Only one of them trains at a time.
    """

    workload: Workload
    arms: tuple[str, ...]
    seed: int = 0
    epochs: int | None = None
    precision: Precision = "fp32"
    threads: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be watched.

        Raises:
            WatchError: It says what, and why.
        """
        name = self.workload.name
        if self.workload.metric is None:
            raise WatchError(f"{name} is on noise, for speed only: there is nothing to watch")
        if self.workload.stopping or self.workload.checkpointing:
            raise WatchError(f"{name} stops early or leaves checkpoints, which it does over epochs; watch its base")
        refused = {
            arm: reason
            for arm in self.arms
            if (reason := registry.unsupported(registry.find_arm(arm), self.workload, self.precision))
        }
        if refused or not self.arms:
            told = "; ".join(f"{arm}: {reason}" for arm, reason in refused.items()) or "no arm can run it here"
            raise WatchError(f"{name} cannot be watched: {told}")

    @property
    def budget(self) -> int:
        """Epochs to train."""
        return self.epochs or self.workload.epochs

    def cell(self, arm: str) -> Cell:
        """Return the cell that an arm trains."""
        size = self.workload.batch_size
        return Cell("accuracy", self.workload.name, arm, self.precision, self.threads, size, self.budget, self.seed)

    def hyperparameters(self, arm: str) -> dict[str, str | float]:
        """Return what the training was asked for, in words and numbers."""
        optimizer = {name: value for name, value in vars(self.workload.optimizer).items() if name != "clipping"}
        told = {"optimizer": optimizer.pop("name"), **optimizer, "loss": self.workload.loss, "arm": arm}
        told |= {"batch_size": self.workload.batch_size, "epochs": self.budget, "seed": self.seed}
        return told | {"precision": self.precision}
