"""Find the learning rate that suits a workload: ``python -m harness.tune WORKLOAD… [--arm ARM]``.

Trains each workload (a variant's name will do: ``optimizers.adam``) on seed 0 at 1 and 3 times powers of ten around its
own learning rate, for as long as the end of the ladder is the best, and prints the training loss of the last epoch at
each. The learning rates of ``benchmarks/techniques/optimizers.py`` were found so.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import registry
from harness.contract import Cell, Setup, Workload
from harness.run.coordinator import store_dataset
from harness.run.process import Worker, WorkerFailure

TIMEOUT_S = 600.0


def rung(number: int) -> float:
    """Return a step of the ladder …, 0.1, 0.3, 1, 3, 10, …; number 0 is 1."""
    power, half = divmod(number, 2)
    return float(f"{3 if half else 1}e{power}")


def climb(loss_at: Callable[[float], float], start: float) -> dict[float, float]:
    """Return the losses at the rungs next to ``start`` and further ones, until the best has a neighbour on each side.

    Args:
        loss_at: Of a learning rate; not finite if training diverges.
        start: A learning rate near the ladder's.
    """
    middle = round(2 * math.log10(start))
    found = {number: loss_at(rung(number)) for number in (middle - 1, middle, middle + 1)}
    while (best := min(found, key=lambda number: _or_infinite(found[number]))) in (
        low := min(found),
        high := max(found),
    ):
        following = best - 1 if best == low else best + 1
        found[following] = loss_at(rung(following))
        if not math.isfinite(found[following]) and following > high:
            break
    return {rung(number): found[number] for number in sorted(found)}


def _or_infinite(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf


def losses(worker: Worker, workload: Workload, arm: str, scratch: Path) -> dict[float, float]:
    """Return the training loss of the last epoch by learning rate."""
    dataset = store_dataset(registry.load_dataset(workload.dataset), scratch)
    cell = Cell.of(workload, arm, worker.setup, "accuracy")

    def loss_at(rate: float) -> float:
        tried = dataclasses.replace(
            workload, optimizer=dataclasses.replace(workload.optimizer, learning_rate=rate), figures=()
        )
        try:
            worker.open(cell, dataset, TIMEOUT_S, tried, first_step=False)
            trained = worker.ask("train", TIMEOUT_S, seed=0, epochs=workload.epochs)
        except WorkerFailure:
            return math.nan
        return float(trained["epoch_losses"][-1])

    return climb(loss_at, workload.optimizer.learning_rate)


def main() -> None:
    """Print a line for each workload: losses by learning rate, the best in brackets."""
    parser = argparse.ArgumentParser(prog="python -m harness.tune", description="Find the learning rate that suits.")
    parser.add_argument("workload", nargs="+", type=registry.find_workload)
    parser.add_argument("--arm", default="torch")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twinbench-tune-") as folder:
        scratch = Path(folder)
        with Worker(registry.find_arm(asked.arm), Setup("fp32", 1), scratch / "worker.log", scratch) as worker:
            worker.begin()
            worker.started(TIMEOUT_S)
            for workload in asked.workload:
                found = losses(worker, workload, asked.arm, scratch)
                best = min(found, key=lambda rate: _or_infinite(found[rate]))
                told = (
                    f"[{rate:g}: {loss:.4g}]" if rate == best else f"{rate:g}: {loss:.4g}"
                    for rate, loss in found.items()
                )
                sys.stdout.write(f"{workload.name:<24} {'  '.join(told)}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
