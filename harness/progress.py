"""A progress bar on stderr: cells done of all, and what is happening."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.contract import Outcome
from harness.schema import Record


class RichProgress:
    """Shows a run's progress; off a terminal it prints one line per sitting instead."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=self.console,
            transient=True,
            refresh_per_second=1,  # the display must not take a core from the measurement
        )
        self.task = self.bar.add_task("loading data")
        self.keys: set[str] = set()
        self.sitting = ""

    def __enter__(self) -> RichProgress:
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.bar.stop()

    def begin(self, cells: int, done: int) -> None:
        """Take the number of cells in all, and of those that need no measuring."""
        self.bar.update(self.task, total=cells, completed=done)
        if done:
            self.console.print(f"{done} of {cells} cells are already measured", soft_wrap=True)

    def step(self, sitting: str, event: str) -> None:
        """Take what is happening now."""
        self.bar.update(self.task, description=f"{sitting}  {event}")
        if sitting != self.sitting and not self.console.is_terminal:
            done = self.bar.tasks[0]
            self.console.print(f"[{done.completed:.0f}/{done.total:.0f}] {sitting}", markup=False, soft_wrap=True)
        self.sitting = sitting

    def tell(self, line: str) -> None:
        """Show a line of its own."""
        self.console.print(" ".join(line.split()), markup=False, soft_wrap=True)

    def record(self, record: Record) -> None:
        """Take a finished record."""
        if record.key not in self.keys:  # a second attempt is not a second cell
            self.bar.advance(self.task)
        self.keys.add(record.key)
        if record.outcome not in (Outcome.OK, Outcome.UNSUPPORTED):
            cell = record.cell
            who = cell.baseline or cell.arm
            self.tell(f"{cell.workload} {who} {cell.scope} {cell.index}: {record.outcome}: {record.reason}")
