"""The table on the terminal that follows a watched training: a line for each arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.contract import Workload
from harness.monitoring.training import Standing, tags

WAITING = "starting"


class LiveTable:
    """Shows on stderr how every arm stands, as it goes; off a terminal it prints a line for each epoch instead."""

    def __init__(self, workload: Workload, arms: Sequence[str], epochs: int):
        self.workload = workload
        self.epochs = epochs
        self.states: dict[str, str] = dict.fromkeys(arms, WAITING)
        self.standings: dict[str, Standing] = {}
        self.console = Console(stderr=True, highlight=False)
        self.live = Live(self.table(), console=self.console, transient=True, auto_refresh=False)

    def __enter__(self) -> LiveTable:
        if self.console.is_terminal:
            self.live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def state(self, arm: str, what: str) -> None:
        """Take what an arm is doing now."""
        self.states[arm] = what
        self._refresh()

    def epoch(self, arm: str, standing: Standing) -> None:
        """Take how an arm stands."""
        self.standings[arm] = standing
        if self.console.is_terminal:
            self._refresh()
        else:
            told = "  ".join(f"{tag} {value:.4g}" for tag, value in standing.scalars.items())
            self.console.print(f"[{standing.epoch}/{self.epochs}] {arm}  {told}", markup=False, soft_wrap=True)

    def table(self) -> Table:
        """Return the table as it stands."""
        metric, loss = tags(self.workload)
        table = Table(box=box.SIMPLE_HEAD, title=self.workload.title, title_justify="left")
        table.add_column("arm")
        for name in ("epoch", "loss/train", loss, metric, "seconds/epoch"):
            table.add_column(name, justify="right")
        table.add_column("")
        for arm, state in self.states.items():
            standing = self.standings.get(arm)
            scalars: Mapping[str, float] = standing.scalars if standing else {}
            shown = [f"{scalars[tag]:.4f}" if tag in scalars else "–" for tag in ("loss/train", loss, metric)]
            seconds = f"{scalars['seconds/epoch']:.2f}" if "seconds/epoch" in scalars else "–"
            epoch = f"{standing.epoch if standing else 0}/{self.epochs}"
            table.add_row(arm, epoch, *shown, seconds, Text(state))
        return table

    def _refresh(self) -> None:
        if self.console.is_terminal:
            self.live.update(self.table(), refresh=True)
