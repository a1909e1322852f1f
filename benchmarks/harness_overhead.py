"""What the harness itself costs, without any framework: start-up of the command line, time per cell, waiting.

Run on a quiet machine with ``make bench-harness`` or ``python -m benchmarks.harness_overhead [FILE.json]``; prints a
table and, given a file, writes the figures. Goals: ``--help`` in 0.4 s, ``list`` in 0.6 s, at most 50 ms a cell
beside the framework's own start, at most 0.5 % of a core while the harness waits for a worker.

The arm measured with does nothing at all, so every millisecond of a sitting that a bare interpreter with NumPy does
not need as well is the harness'. A cell costs more the more data it checks: the smallest and the largest dataset of
``quick`` and ``cpu`` are measured.
"""

from __future__ import annotations

import functools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.contract import ArmSpec, Setup, TensorSpec, Workload

if TYPE_CHECKING:
    from harness.contract import Array

ARMS = (ArmSpec(name="idle", entry="benchmarks.harness_overhead:IdleArm", needs=(), distributions=()),)
"""Found by the registry when ``TWINBENCH_ARMS`` names this module."""

REPEATS = 9
CELLS = 5
WAIT_S = 20.0
SMALLEST, LARGEST = "linear_diabetes", "lenet_mnist5k"


class IdleArm:
    """Does nothing, at once."""

    def __init__(self, setup: Setup):
        self.setup = setup

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> IdleSession:
        """Return a session that does nothing."""
        return IdleSession(outputs)


class IdleSession:
    """Holds one tensor, and sleeps through a training of more than one epoch."""

    def __init__(self, outputs: int):
        self.outputs = outputs
        self.tensors: dict[str, Array] = {}

    def describe(self) -> dict[str, TensorSpec]:
        """Return one weight."""
        return {"fc.weight": TensorSpec((1, 1), "linear")}

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Keep the tensors."""
        self.tensors = dict(tensors)

    def dump(self) -> dict[str, Array]:
        """Return the tensors."""
        return self.tensors

    def stage(self, batches: Sequence[tuple[Array, Array]]) -> None:
        """Keep nothing."""

    def held(self) -> list[tuple[Array, Array]]:
        """Return nothing."""
        return []

    def run_steps(self, count: int) -> float:
        """Return a constant."""
        return 1.0

    def infer(self, count: int) -> float:
        """Return a constant."""
        return 0.0

    def fit(self, x: Array, y: Array, orders: Iterable[Array], batch_size: int) -> list[float]:
        """Return constants, after a sleep if there is more than one epoch: the harness then has to wait."""
        epochs = len(list(orders))
        if epochs > 1:
            time.sleep(WAIT_S)
        return [1.0] * epochs

    def predict(self, x: Array, batch_size: int) -> Array:
        """Return zeros."""
        import numpy as np

        return np.zeros((len(x), self.outputs))

    def slot_bytes(self) -> int:
        """Return 0: nothing is held."""
        return 0

    def settings(self) -> dict[str, Any]:
        """Return nothing."""
        return {}


class Silent:
    """A progress display that shows nothing."""

    def begin(self, cells: int, done: int) -> None:
        """Ignore it."""

    def step(self, sitting: str, event: str) -> None:
        """Ignore it."""

    def record(self, record: object) -> None:
        """Ignore it."""


def seconds(action: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Return the wall times of ``repeats`` runs after one that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        before = time.perf_counter()
        action()
        times.append(time.perf_counter() - before)
    return times


def command(*arguments: str) -> Callable[[], object]:
    """Return an action that runs this interpreter with arguments."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def sit(folder: Path, workload: str = SMALLEST, *, epochs: int = 1, cells: int = 1) -> None:
    """Run a suite of accuracy cells of the idle arm, a process each, into a fresh run folder."""
    from harness.run.coordinator import Coordinator
    from harness.schema import Suite, WorkloadChoice
    from harness.store.folder import RunFolder

    run = RunFolder(Path(tempfile.mkdtemp(dir=folder)))
    run.create()
    choice = WorkloadChoice(name=workload, epochs=epochs)
    suite = Suite(
        name="overhead", title="overhead", workloads=[choice], arms=["idle"], launches=0, seeds=cells, threads=1
    )
    result = Coordinator(suite, run, Silent()).run()
    if [record.outcome.value for record in result.records] != ["ok"] * cells:
        raise RuntimeError(f"the idle arm failed: {result.records}")


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Return each figure's median, minimum and maximum, in seconds or as a share."""
    from harness.run.process import environment

    def bare() -> None:
        """Start an interpreter and import NumPy, in the environment of a worker."""
        subprocess.run([sys.executable, "-P", "-c", "import numpy"], check=True, env=surroundings)

    surroundings = environment(ARMS[0], Setup("fp32", threads=1), folder)
    interpreters: list[float] = []
    cells: dict[str, list[float]] = {SMALLEST: [], LARGEST: []}
    for _ in range(REPEATS):  # in turns: a machine that changes its speed changes it for all
        [interpreter] = seconds(bare, repeats=1)
        interpreters.append(interpreter)
        for workload, found in cells.items():
            [one] = seconds(functools.partial(sit, folder, workload), repeats=1)
            [many] = seconds(functools.partial(sit, folder, workload, cells=CELLS), repeats=1)
            # Loading data and planning belong to the run: a cell costs what each further one adds.
            found.append((many - one) / (CELLS - 1) - interpreter)

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    sit(folder, epochs=2)
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    figures = {
        "twinbench --help, s": seconds(command("-m", "harness.cli", "--help")),
        "twinbench list, s": seconds(command("-m", "harness.cli", "list")),
        "interpreter with NumPy, s": interpreters,
        **{f"one cell of {workload} beside that, s": found for workload, found in cells.items()},
        "core used while waiting, share": [used / wall],
    }
    return {
        name: {"median": statistics.median(values), "min": min(values), "max": max(values), "repeats": len(values)}
        for name, values in figures.items()
    }


def main() -> None:
    """Measure, print, and write to the file named on the command line."""
    os.environ["TWINBENCH_ARMS"] = "benchmarks.harness_overhead"
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
    for name, figure in figures.items():
        print(f"{name:44} median {figure['median']:.4f}  min {figure['min']:.4f}  max {figure['max']:.4f}")
    if len(sys.argv) > 1:
        from harness.measure.environment import fingerprint

        known = fingerprint()
        machine = {field: known[field] for field in ("python", "cpu", "cores", "commit", "uncommitted_changes")}
        document = {**machine, "figures": figures}
        Path(sys.argv[1]).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
