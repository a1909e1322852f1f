"""The arms' processes of one launch. They outlive a sitting; one that is lost is replaced."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from pathlib import Path

from harness.contract import Setup
from harness.matrix import Launch
from harness.registry import find_arm
from harness.run.process import Worker


@dataclasses.dataclass
class Member:
    """One arm's process.

    Attributes:
        start_s: From its start until its framework was imported and configured; None until that is known.
        sittings: How many it has taken part in.
    """

    worker: Worker
    start_s: float | None = None
    sittings: int = 0

    def settle(self, timeout_s: float) -> None:
        """Wait until the import has ended, one way or the other; ``started`` then tells which."""
        if self.start_s is None:
            self.worker.settle(timeout_s)

    def started(self, timeout_s: float) -> float:
        """Return ``start_s``, after waiting for the import.

        Raises:
            WorkerFailure: If it fails.
        """
        if self.start_s is None:
            self.start_s = float(self.worker.started(timeout_s)["start_s"])
        return self.start_s


class Crew:
    """Processes by arm. Use as a context manager: leaving it kills them all."""

    def __init__(self, launch: Launch, folder: Path, scratch: Path):
        self.launch = launch
        self.folder = folder
        self.scratch = scratch
        self.members: dict[str, Member] = {}
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def member(self, arm: str) -> Member:
        """Return the arm's process; a new one, which begins to import its framework, if there is none."""
        if arm not in self.members:
            first = self.launch.sittings[0]
            setup = Setup(first.precision, first.threads, device=first.device)
            worker = self.stack.enter_context(Worker(find_arm(arm), setup, self._log(arm), self.scratch))
            worker.begin()
            self.members[arm] = Member(worker)
        return self.members[arm]

    def dismiss(self, arm: str) -> None:
        """Kill the arm's process; the next ``member`` is a new one."""
        self.members.pop(arm).worker.kill()

    def _log(self, arm: str) -> Path:
        paths = (self.folder / "logs" / f"{self.launch.name}-{arm}-{number}.log" for number in itertools.count(1))
        return next(path for path in paths if not path.exists())
