"""The processes of a parity check: started as they are needed, shared by all pairs and all gates."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from harness import matched, registry
from harness.contract import Device, Outcome, Precision, Setup
from harness.run.process import Worker, WorkerFailure

if TYPE_CHECKING:
    from harness.contract import Array

TIMEOUT_S = 300.0
MOST_ANSWERS = 500
"""Of the reference that are remembered, about 0.5 GB: arms side by side ask for the same, and many seeds for more."""


class Exchange:
    """Passes arrays to a worker and back through files in a folder, each under a name of its own.

    Attributes:
        open: Which model each worker has open.
    """

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self.open: weakref.WeakKeyDictionary[Worker, str] = weakref.WeakKeyDictionary()
        self.numbers = itertools.count()

    def ask(self, worker: Worker, do: str, arrays: Mapping[str, Array], **request: Any) -> tuple[dict[str, Array], Any]:
        """Make a request that takes arrays and answers with arrays; return them and what else the worker told."""
        number = next(self.numbers)
        given, answer = (self.scratch / f"{number}-{way}.npz" for way in ("in", "out"))
        np.savez(given, **dict[str, Any](arrays))
        try:
            told = worker.ask(do, TIMEOUT_S, given=str(given), answer=str(answer), **request)
            with np.load(answer, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}, told
        finally:
            given.unlink(missing_ok=True)
            answer.unlink(missing_ok=True)


@dataclasses.dataclass
class _Entry:
    """A worker.

    Attributes:
        lock: Of whoever waits for its start.
        told: Whether somebody has taken the answer to ``begin``, be it a failure.
    """

    worker: Worker
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    told: bool = False

    @property
    def spent(self) -> bool:
        """Whether the process has ended, and not before somebody could be told why it did not start."""
        return self.told and self.worker.ended


class Workers:
    """Workers by arm, precision and twin. Threads may share them; leaving the context ends them all.

    One that has ended, by a crash or because it gave no answer, is followed by a fresh one when it is next asked for.

    Attributes:
        reference: The arm that all others are compared with.
        device: What the frameworks compute on.
    """

    def __init__(self, scratch: Path, threads: int, reference: str = "torch", device: Device = "cpu"):
        self.reference = reference
        self.device: Device = device
        self.scratch = scratch
        self.threads = threads
        self.exchange = Exchange(scratch)
        self.lock = threading.Lock()
        self.asking = threading.Lock()
        self.answers: dict[str, dict[str, Array]] = {}
        self.stack = contextlib.ExitStack()
        self.entries: dict[tuple[str, Precision, bool], _Entry] = {}
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers; whoever waits for one or asks for a further one gets a ``WorkerFailure``."""
        with self.lock:
            self.closed = True
            self.stack.close()

    def on(self, device: Device) -> Workers:
        """Return workers that compute on a device: these, or others that pass arrays through the same folder."""
        if device == self.device:
            return self
        others = Workers(self.scratch, self.threads, self.reference, device)
        others.exchange = self.exchange
        return others

    def patched(self, package: str, overlay: Path) -> Patched:
        """Return workers that run the arms of one package from ``overlay``."""
        return Patched(self, package, overlay)

    def begin(self, arm: str, precision: Precision, *, twin: bool = False) -> None:
        """Start the arm's worker, or a second one of its kind, without waiting for its import."""
        self._entry(arm, precision, twin)

    def get(self, arm: str, precision: Precision, *, twin: bool = False) -> Worker:
        """Return the arm's worker, or a second one of its kind, with its framework imported.

        Raises:
            WorkerFailure: If it cannot be imported.
        """
        while True:
            entry = self._entry(arm, precision, twin)
            with entry.lock:
                if not entry.told:
                    entry.told = True
                    try:
                        entry.worker.started(TIMEOUT_S)
                    except WorkerFailure:
                        entry.worker.kill()  # it may be alive, but nothing will come of it
                        raise
            if not entry.spent:  # it may have ended while this thread waited for another
                return entry.worker

    def exercise(
        self,
        arm: str,
        precision: Precision,
        family: str,
        function: str,
        arrays: Mapping[str, Array],
        /,
        **arguments: Any,
    ) -> dict[str, Array]:
        """Call a function of an arm's ``exercises/<family>.py`` (see ``ArmSpec``) and return its arrays, in order.

        The reference is asked once, whichever thread asks first.
        """
        asked = {"module": f"{package_of(arm)}.exercises.{family}", "function": function, "arguments": arguments}
        if arm == self.reference:
            return self._of_reference(precision, arrays, asked)
        return self.ask(arm, precision, "exercise", arrays, **asked)

    def _of_reference(
        self, precision: Precision, arrays: Mapping[str, Array], asked: Mapping[str, Any]
    ) -> dict[str, Array]:
        known = json.dumps([precision, asked, matched.hash_tensors(arrays)], sort_keys=True)
        with self.asking:
            if known not in self.answers:
                self.answers[known] = self.ask(self.reference, precision, "exercise", arrays, **asked)
                if len(self.answers) > MOST_ANSWERS:
                    del self.answers[next(iter(self.answers))]
            return self.answers[known]

    def ask(
        self, arm: str, precision: Precision, do: str, arrays: Mapping[str, Array], **request: Any
    ) -> dict[str, Array]:
        """Make a request of an arm's worker that takes arrays and answers with arrays, and return these, in order."""
        return self.exchange.ask(self.get(arm, precision), do, arrays, **request)[0]

    def _entry(self, arm: str, precision: Precision, twin: bool) -> _Entry:
        known = (arm, precision, twin)
        with self.lock:
            if self.closed:
                raise WorkerFailure(Outcome.INTERRUPTED, "the check was ended")
            if known not in self.entries or self.entries[known].spent:
                self.entries[known] = _Entry(self.stack.enter_context(self._start(arm, precision)))
                self.entries[known].worker.begin()
            return self.entries[known]

    def _start(self, arm: str, precision: Precision, overlay: Path | None = None) -> Worker:
        spec = registry.find_arm(arm)
        if precision == "fp64":  # what is raced is float32: there the compiler's own faults are to be seen
            spec = dataclasses.replace(spec, environment={**spec.environment, **spec.checking})
        log = self.scratch / f"{arm}-{precision}-{self.device}.log"
        setup = Setup(precision, self.threads, pinned=False, device=self.device)
        return Worker(spec, setup, log, self.scratch, overlay)


class Patched(Workers):
    """Workers of which some run a patched package. Those of the others are fresh too, but for a healthy reference.

    For a worker holds one model, and only the reference's answers are put under a lock: with a shared worker one of two
    faults of PyTorch's half would load its tensors into the other's model.
    """

    def __init__(self, others: Workers, package: str, overlay: Path):
        super().__init__(others.scratch, others.threads, others.reference)
        self.exchange = others.exchange
        self.others = others
        self.package = package
        self.overlay = overlay

    def replace(self, overlay: Path) -> None:
        """Let the workers import the package anew from another folder; their frameworks stay imported."""
        self.overlay = overlay
        self.answers.clear()
        patched = [(known, entry) for known, entry in self.entries.items() if package_of(known[0]) == self.package]
        for known, entry in patched:
            self.exchange.open.pop(entry.worker, None)
            try:
                entry.worker.ask("replace", TIMEOUT_S, package=self.package, folder=str(overlay))
            except WorkerFailure:  # whoever needs it next starts another, and is told why it fails
                entry.worker.kill()
                del self.entries[known]

    def _entry(self, arm: str, precision: Precision, twin: bool) -> _Entry:
        if arm == self.reference and package_of(arm) != self.package:
            return self.others._entry(arm, precision, twin)
        return super()._entry(arm, precision, twin)

    def _start(self, arm: str, precision: Precision, overlay: Path | None = None) -> Worker:
        return super()._start(arm, precision, self.overlay if package_of(arm) == self.package else None)

    def _of_reference(
        self, precision: Precision, arrays: Mapping[str, Array], asked: Mapping[str, Any]
    ) -> dict[str, Array]:
        if package_of(self.reference) != self.package:
            return self.others._of_reference(precision, arrays, asked)
        return super()._of_reference(precision, arrays, asked)


def package_of(arm: str) -> str:
    """Return the top-level package that an arm lives in."""
    module = registry.find_arm(arm).entry.partition(":")[0]
    return module.partition(".")[0]
