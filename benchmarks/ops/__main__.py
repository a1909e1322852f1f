"""Time single operations in every arm, side by side: ``make ops``, or ``python -m benchmarks.ops [FILE.json]``.

Each arm has processes of its own, several, in turns with the other arms'; pytest-benchmark times in each. The table has
the median over processes of the medians, and the ratio to PyTorch's. The first results of all arms must agree to 1e-5,
relative to the root mean square, before anything is told. FILE.json has pytest-benchmark's own documents, one for each
process: ``pytest-benchmark compare`` reads what ``--split FOLDER`` writes, ``twinbench report``, ``baseline update``
and ``check`` either (``--ops``).

An operation by itself is not a step of training: it pays a call that a compiled model does not pay, and none of what
surrounds it. TensorFlow runs a graph of the one operation and JAX compiled code; PyTorch is eager. Arms that are
another form of one of these run where ``--arms`` names them; those of PyTorch run the same, single and eager.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ops.cases import CASES
from harness import registry
from harness.contract import ArmSpec, Setup
from harness.run.process import environment

BOUND = 1e-5


def main() -> None:
    """Measure, compare, print, and write to the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--split", type=Path, help="folder for a document of each process")
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--operations", default=",".join(CASES), help="separated by commas")
    parser.add_argument("--arms", help="separated by commas, the first being the one that others are compared with")
    parser.add_argument("--check", action="store_true", help="compare first results, time nothing")
    asked = parser.parse_args()
    chosen = asked.operations.split(",")
    if unknown := [name for name in chosen if name not in CASES]:
        parser.error(f"unknown operation {unknown[0]!r}; known: {', '.join(CASES)}")
    arms = asked.arms.split(",") if asked.arms else ready()
    if unknown := [name for name in arms if name not in raced()]:
        parser.error(f"unknown arm {unknown[0]!r}; known: {', '.join(raced())}")
    documents: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for process in range(1 if asked.check else asked.processes):
            turn = process % len(arms)
            for arm in (*arms[turn:], *arms[:turn]):
                documents.append(measure(arm, chosen, asked.threads, Path(scratch), timed=not asked.check))
        disagreeing = compare(chosen, arms, Path(scratch))
    if disagreeing:
        sys.exit("not one operation: " + "; ".join(disagreeing))
    if asked.check:
        print(f"one operation each, in {', '.join(arms)}: {', '.join(chosen)}")
        return
    show(chosen, arms, documents)
    if asked.split:
        asked.split.mkdir(parents=True, exist_ok=True)
        for number, document in enumerate(documents):
            (asked.split / f"{number:04d}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if asked.file:
        asked.file.write_text(json.dumps({"documents": documents}, indent=1) + "\n", encoding="utf-8")
        print(f"written: {asked.file}")


def raced() -> dict[str, ArmSpec]:
    """Return every arm that can be timed, other forms of arms too."""
    return {name: spec for name, spec in registry.every_arm().items() if not spec.witness}


def ready() -> list[str]:
    """Return the arms that can run here, without other forms of them."""
    return [name for name, spec in registry.arms().items() if not spec.witness and registry.missing(spec) is None]


def measure(arm: str, operations: list[str], threads: int, folder: Path, *, timed: bool = True) -> dict[str, Any]:
    """Return pytest-benchmark's document of one process of an arm, an empty one if nothing is timed."""
    out = folder / "benchmark.json"
    (folder / "keras").mkdir(exist_ok=True)
    wanted = {"TWINBENCH_OPS_ARM": arm, "TWINBENCH_OPS_THREADS": str(threads), "TWINBENCH_OPS_FOLDER": str(folder)}
    surroundings = environment(registry.find_arm(arm), Setup("fp32", threads), folder) | wanted
    tests = Path(__file__).with_name("bench_ops.py")
    how = f"--benchmark-json={out}" if timed else "--benchmark-disable"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", how]
    named = [f"{tests}::test_operation[{operation}]" for operation in operations]
    ended = subprocess.run([*command, *named], env=surroundings, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{arm}: {ended.stdout}{ended.stderr}")
    if not timed:
        return {}
    document: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    for one in document["benchmarks"]:  # every duration of every round: megabytes
        del one["stats"]["data"]
    return document


def compare(operations: list[str], arms: list[str], folder: Path) -> list[str]:
    """Return which arms' first results differ from those of the first arm, and by how much."""
    found = []
    for operation in operations:
        expected, *others = (np.load(folder / f"{operation}-{arm}.npy") for arm in arms)
        for arm, result in zip(arms[1:], others, strict=True):
            scale = float(np.sqrt(np.mean(np.square(expected, dtype=np.float64))))
            if result.shape != expected.shape:
                found.append(f"{operation} of {arm}: shape {result.shape}, not {expected.shape}")
            elif not (error := float(np.max(np.abs(result.astype(np.float64) - expected))) / scale) <= BOUND:
                found.append(f"{operation} of {arm}: {error:.1e} off")
    return found


def show(operations: list[str], arms: list[str], documents: list[dict[str, Any]]) -> None:
    """Print a table: microseconds of the first arm, and the ratio of each other to it, with its range."""
    medians: dict[tuple[str, str], list[float]] = defaultdict(list)
    for document in documents:
        for one in document["benchmarks"]:
            medians[one["group"], one["extra_info"]["arm"]].append(one["stats"]["median"])
    print(f"{'':14} {arms[0]:>12}   " + "   ".join(f"{arm:>20}" for arm in arms[1:]))
    for operation in operations:
        reference = statistics.median(medians[operation, arms[0]])
        cells = []
        for arm in arms[1:]:
            ratios = sorted(x / reference for x in medians[operation, arm])
            cells.append(f"{statistics.median(ratios):6.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}]".rjust(20))
        print(f"{operation:14} {reference * 1e6:9.1f} µs   " + "   ".join(cells))


if __name__ == "__main__":
    main()
