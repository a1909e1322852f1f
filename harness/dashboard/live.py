"""The dashboard while its run goes on: how far the run is, and a page made anew from the records so far."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import registry
from harness.dashboard import page
from harness.report.summary import summarize
from harness.run.sitting import UNHURRIED
from harness.schema import Manifest, Record

POLL_S = 2.0
"""How often an open page asks how far the run is."""

ABSENT_S = 30.0
"""A page that has not asked for so long is closed, or behind another."""

PAUSE_S = 5.0
MOST = 0.02
"""Share of a run's time, at most, in which pages are made; and the shortest time between two of them."""


@dataclasses.dataclass(frozen=True)
class Standing:
    """How far a run is.

    Attributes:
        now: What is happening.
        ended: Nothing more will be measured.
    """

    cells: int = 0
    done: int = 0
    now: str = "loading data"
    ended: bool = False


class Live:
    """What is served of a run while it goes on. A follower of the run; read by the threads that answer browsers.

    A page is made by the thread that carries out the run, when that thread tells of a step before which a moment more
    does no harm, and so never while a worker does what it was asked; and only if somebody looks, and something is new.
    """

    def __init__(self, manifest: Manifest, records: Sequence[Record], folder: Path):
        self.manifest = manifest
        self.records = list(records)
        self.folder = folder
        self.began = time.monotonic()
        self.standing = Standing()
        self.keys: set[str] = set()
        self.asked = self.began - ABSENT_S
        self.shown = 0
        self.version = 0
        self.page = b""
        self.rests_until = self.began
        self._make()

    def begin(self, cells: int, done: int) -> None:
        """Take the number of cells in all, and of those that need no measuring."""
        self.standing = dataclasses.replace(self.standing, cells=cells, done=done)

    def step(self, sitting: str, event: str) -> None:
        """Take what is happening now, and make a new page first if it may be done now and is of use."""
        self.standing = dataclasses.replace(self.standing, now=f"{sitting}  {event}")
        now = time.monotonic()
        due = now >= self.rests_until and len(self.records) > self.shown
        calm = event.endswith(UNHURRIED) or sitting.startswith("baselines-")  # these are fitted one by one, not raced
        if due and now - self.asked < ABSENT_S and calm:
            self._make()

    def record(self, record: Record) -> None:
        """Take a finished record."""
        self.records.append(record)
        if record.key not in self.keys:  # a second attempt is not a second cell
            self.standing = dataclasses.replace(self.standing, done=self.standing.done + 1)
        self.keys.add(record.key)

    def end(self) -> None:
        """Take that the run is over."""
        self.standing = dataclasses.replace(self.standing, now="the report is written", ended=True)

    def state(self) -> dict[str, Any]:
        """Return how far the run is, for an open page, which asks for it."""
        self.asked = time.monotonic()
        return {
            **dataclasses.asdict(self.standing),
            "run": self.manifest.run,
            "elapsed_s": round(self.asked - self.began, 1),
            "page": self.version,
        }

    def _make(self) -> None:
        began = time.monotonic()
        known = registry.workloads() | registry.variants()
        summary = summarize(self.manifest, self.records, known, registry.techniques())
        told = {
            "run": self.manifest.run,
            "page": self.version + 1,
            "records": len(self.records),
            "every_ms": round(POLL_S * 1e3),
            "report": str(self.folder / "report.html"),
        }
        self.page = page.render(summary, live=told).encode()
        self.version += 1  # told of only when the page is there
        self.shown = len(self.records)
        ended = time.monotonic()
        self.rests_until = ended + max(PAUSE_S, (ended - began) / MOST)
