"""How a training goes, epoch by epoch: what each took, and the metric after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.contract import Workload
from harness.measure.energy import UNREAD, Energy, Reading

if TYPE_CHECKING:
    from harness.contract import Array

NO_METRIC = "nothing is learned from these data, so there is no metric"
STOPS_EARLY = "training stops early, and what an epoch left may be taken back"
IN_PARTS = "training is broken off and resumed, and epochs are trained again"


def unseen(workload: Workload) -> str | None:
    """Return why the epochs of a workload cannot be looked at one by one; None if they can."""
    if workload.metric is None:
        return NO_METRIC
    if workload.stopping:
        return STOPS_EARLY
    return IN_PARTS if workload.checkpointing else None


class Course:
    """The orders of a training's epochs, which looks at the session whenever it is asked for the next one.

    So an arm trains as ever, in one ``fit``, and is looked at between its epochs.

    Attributes:
        looked_s: Seconds that looking took, all in all.
    """

    def __init__(self, orders: Sequence[Array], look: Callable[[], float], energy: Energy | None = None) -> None:
        """``look`` returns the metric."""
        self.orders = orders
        self.look = look
        self.energy = energy or Energy()
        self.metrics: list[float] = []
        self.seconds: list[float] = []
        self.joules: list[float] = []
        self.looked_s = 0.0

    def __len__(self) -> int:
        return len(self.orders)

    def __iter__(self) -> Iterator[Array]:
        for order in self.orders:
            before = self.energy.read()
            began = time.perf_counter_ns()
            yield order
            ended = time.perf_counter_ns()
            self.seconds.append((ended - began) / 1e9)
            self._note(before, self.energy.read())
            self.metrics.append(self.look())
            self.looked_s += (time.perf_counter_ns() - ended) / 1e9

    def _note(self, before: Reading | None, after: Reading | None) -> None:
        if before is not None and after is not None:
            self.joules.append(self.energy.joules(before, after))

    def told(self, batch_size: int) -> dict[str, Any]:
        """Return all that was seen, as a ``harness.schema.Course``, and why a part of it was not."""
        whole = bool(self.metrics) and len(self.joules) == len(self.metrics)
        course = {
            "steps": -(-len(self.orders[0]) // batch_size),
            "metrics": self.metrics,
            "seconds": self.seconds,
            "joules": self.joules if whole else None,
        }
        return {"course": course, "reasons": {} if whole else {"joules": UNREAD}}
