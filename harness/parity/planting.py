"""Plant faults in the source of real halves, and see which gate goes red."""

from __future__ import annotations

import contextlib
import functools
import queue
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness import registry
from harness.measure.environment import source_sha256
from harness.parity import engine
from harness.parity.blind import BLIND
from harness.parity.engine import TECHNIQUES, Prover
from harness.parity.gates import GATES
from harness.parity.mutants import MUTANTS, Mutant
from harness.parity.workers import Patched, Workers, package_of
from harness.registry import UnknownName

EVERY = (*MUTANTS, *BLIND)

ARM = "keras-torch"
"""Whose processes start soonest. What backends share is in the packages that mutants change."""

LATE = ("slope", "trajectory")
"""Gates that are dear and show little that no other shows."""

ORDER = (*(gate for gate in GATES if gate not in LATE), *LATE)


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        caught: The first gate that went red; None if all stayed green, and the mutant lives.
        where: What that gate named; of a gate of techniques, the technique before it.
    """

    mutant: Mutant
    caught: str | None
    where: str | None

    @property
    def located(self) -> bool:
        """Whether the gate named the right place."""
        return self.where is not None and self.where.startswith(self.mutant.located)

    @property
    def blind(self) -> bool:
        """Whether the fault was written by somebody who had not read the gates."""
        return self.mutant in BLIND

    def as_dict(self) -> dict[str, str | bool | None]:
        """Return the verdict for JSON."""
        return {
            "mutant": self.mutant.name,
            "blind": self.blind,
            "workload": self.mutant.workload,
            "arm": self.mutant.arm or None,
            "caught": self.caught,
            "where": self.where,
            "located": self.located,
        }


def document(verdicts: Sequence[Verdict], arm: str) -> dict[str, Any]:
    """Return what became of all, with the arm that showed them and the code and the versions that it holds for."""
    arms = dict.fromkeys([arm, *(verdict.mutant.arm for verdict in verdicts if verdict.mutant.arm)])
    return {
        "arm": arm,
        "source_sha256": source_sha256(),
        "versions": {name: registry.versions(registry.find_arm(name)) for name in arms},
        "verdicts": [verdict.as_dict() for verdict in verdicts],
    }


def choose(shown_by: Sequence[str]) -> list[Mutant]:
    """Return the mutants that the workloads or gates named show; all if none is named.

    Raises:
        UnknownName: If no mutant is shown by a name.
    """
    known = {mutant.workload for mutant in EVERY}
    for name in shown_by:
        if name not in known:
            raise UnknownName("workload or gate that shows a mutant", name, known)
    return [mutant for mutant in EVERY if not shown_by or mutant.workload in shown_by]


def run(mutants: Sequence[Mutant], arm: str, gates: Sequence[str] = ORDER) -> Iterator[Verdict]:
    """Plant each mutant, run the gates on the arm's half until one is red, and yield what became of it, as it comes.

    ``gates`` are those of pairs: a gate of techniques that shows a mutant is run by itself.

    Raises:
        ValueError: If a mutant's old text is not in its file exactly once: the source has moved on.
    """
    for mutant in mutants:
        patched(mutant)
    reference = engine.choose_reference([arm])
    with (
        tempfile.TemporaryDirectory(prefix="twinbench-mutants-") as scratch,
        Workers(Path(scratch), 1, reference) as workers,
        contextlib.ExitStack() as stack,
    ):
        healthy = Prover(workers)
        idle: dict[str, queue.SimpleQueue[Patched]] = defaultdict(queue.SimpleQueue)

        @contextlib.contextmanager
        def hosting(mutant: Mutant, folder: Path) -> Iterator[Patched]:
            package = planted(mutant, folder)
            if of_process(mutant):
                with workers.patched(package, folder) as hosts:
                    yield hosts
                return
            try:
                hosts = idle[package].get_nowait()
                hosts.replace(folder)
            except queue.Empty:
                hosts = stack.enter_context(workers.patched(package, folder))
            yield hosts
            idle[package].put(hosts)

        def fate(mutant: Mutant) -> Iterator[Verdict]:
            with tempfile.TemporaryDirectory(dir=scratch) as folder, hosting(mutant, Path(folder)) as hosts:
                prover = Prover(hosts) if hosts.package == package_of(reference) else healthy
                if mutant.workload in TECHNIQUES:
                    of = engine.tasks([], [mutant.workload])
                else:
                    of = engine.tasks([registry.find_workload(mutant.workload)], gates)
                # A fault of the reference shows in whoever is compared with it, or where it is compared with NumPy.
                shows = mutant.arm or arm
                arms = [shows, reference] if prover is not healthy else [shows]
                found = (f for name in arms for f in prover.carry_out(name, of, hosts) if not f.passed)
                red = next(found, None)
            of_technique = f"{red.workload}: " if red and mutant.workload in TECHNIQUES else ""
            yield Verdict(mutant, red.gate if red else None, f"{of_technique}{red.where}" if red else None)

        yield from engine.side_by_side([[functools.partial(fate, mutant) for mutant in mutants]], workers)


def of_process(mutant: Mutant) -> bool:
    """Return whether a fault is in what configures a process, so that no process that was configured before has it."""
    return mutant.path.split("/")[1] in ("arm.py", "backends", "__init__.py")


def planted(mutant: Mutant, folder: Path) -> str:
    """Copy the package with the fault into a folder, and return its name."""
    package = mutant.path.partition("/")[0]
    text = patched(mutant)
    shutil.copytree(str(files(package)), folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / mutant.path).write_text(text, encoding="utf-8")
    return package


def patched(mutant: Mutant) -> str:
    """Return the source with the fault in it.

    Raises:
        ValueError: If what it replaces is not there exactly once: the source has moved on.
    """
    package, _, inside = mutant.path.partition("/")
    text = Path(str(files(package)), inside).read_text(encoding="utf-8")
    if (count := text.count(mutant.old)) != 1:
        raise ValueError(f"mutant {mutant.name!r}: {mutant.old!r} stands {count} times in {mutant.path}")
    return text.replace(mutant.old, mutant.new)
