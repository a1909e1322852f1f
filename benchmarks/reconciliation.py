"""What it costs that Keras' optimizers are reconciled: the train step with ours over the same with Keras' own.

Run on a quiet machine with ``make bench-reconciliation`` or ``python -m benchmarks.reconciliation [FILE.json]``;
prints a table and, given a file, writes the figures. In a fresh process of an arm two sessions of one workload, alike
but for the optimizer, take turns block by block, which of them first at random; the median over the blocks of the
ratio of neighbours is the figure of the process, and the table has the mean over processes with its 95 % interval.
Networks as small as these show it most: what an optimizer adds to a step does not grow with the batch.
"""

from __future__ import annotations

import dataclasses
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from harness.contract import OptimizerName

WORKLOADS = ("softmax_digits", "mlp_digits", "lenet_mnist5k")
OPTIMIZERS: tuple[OptimizerName, ...] = ("sgd", "rmsprop", "adam")
ARMS = ("keras-tensorflow", "keras-jax", "keras-torch")
PROCESSES = 4
BLOCKS = 24
BLOCK_S = 0.05


def ratio(arm: str, name: str, optimizer: OptimizerName) -> float:
    """Return the ratio of step times, ours over Keras' own, of this process."""
    from harness import matched, registry
    from harness.contract import Setup
    from harness.run.isolation import keep_out

    spec = registry.find_arm(arm)
    keep_out(sorted(registry.FRAMEWORKS - set(spec.needs)))
    workload = registry.find_workload(name)
    rule = dataclasses.replace(workload.optimizer, name=optimizer, momentum=0.9 if optimizer == "sgd" else 0.0)
    dataset = registry.load_dataset(workload.dataset)
    batches = matched.stage_batches(dataset, workload, workload.batch_size)
    opened = registry.make_arm(spec.entry, Setup("fp32", threads=1))
    sessions = []
    for track in ("matched", "stock"):
        session = opened.open(
            dataclasses.replace(workload, optimizer=rule, track=track), batches[0][0].shape[1:], dataset.outputs
        )
        drawn = matched.initial_parameters(session.describe(), 0)
        session.load({tensor: array.astype("float32") for tensor, array in drawn.items()})
        session.stage(batches)
        session.run_steps(100)
        sessions.append(session)
    count = 100
    before = time.perf_counter()
    sessions[1].run_steps(count)
    count = max(10, round(count * BLOCK_S / (time.perf_counter() - before)))
    ratios = []
    for _ in range(BLOCKS):
        took = [0.0, 0.0]
        for which in random.sample((0, 1), 2):
            before = time.perf_counter()
            sessions[which].run_steps(count)
            took[which] = time.perf_counter() - before
        ratios.append(took[0] / took[1])
    return statistics.median(ratios)


def measure(arm: str, workload: str, optimizer: str, folder: Path) -> list[float]:
    """Return the ratio of each of several fresh processes, in the environment of a worker."""
    from harness import registry
    from harness.contract import Setup
    from harness.run.process import environment

    surroundings = environment(registry.find_arm(arm), Setup("fp32", threads=1), folder)
    command = [sys.executable, "-m", "benchmarks.reconciliation", arm, workload, optimizer]
    return [
        float(subprocess.run(command, check=True, env=surroundings, capture_output=True, text=True).stdout.split()[-1])
        for _ in range(PROCESSES)
    ]


def main() -> None:
    """Measure, print, and write to the file named on the command line; with three arguments, be one process of it."""
    if len(sys.argv) == 4:
        arm, workload, optimizer = sys.argv[1:]
        print(ratio(arm, workload, cast("OptimizerName", optimizer)))
        return
    from scipy.stats import t

    from harness.measure.environment import fingerprint

    found = []
    with tempfile.TemporaryDirectory() as folder:
        cases = [
            *((name, "adam") for name in WORKLOADS),
            *(("mlp_digits", name) for name in OPTIMIZERS if name != "adam"),
        ]
        for workload, optimizer in cases:
            for arm in ARMS:
                ratios = measure(arm, workload, optimizer, Path(folder))
                mean = statistics.mean(ratios)
                half = float(t.ppf(0.975, PROCESSES - 1)) * statistics.stdev(ratios) / PROCESSES**0.5
                found.append({"workload": workload, "optimizer": optimizer, "arm": arm, "ratios": ratios})
                print(
                    f"{workload:16} {optimizer:8} {arm:18} {mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]",
                    flush=True,
                )
    if len(sys.argv) > 1:
        known = fingerprint()
        machine = {field: known[field] for field in ("python", "cpu", "cores", "commit", "uncommitted_changes")}
        Path(sys.argv[1]).write_text(json.dumps({**machine, "found": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
