"""What large runs cost to read: report with dashboard, gate and index, in CPU seconds and memory.

Run with ``make bench-reports`` or ``python -m benchmarks.report_sizes [FILE.json]``; prints a table and, given a file,
writes the figures. Ends with 1 if a figure is above its goal. Goals: report and dashboard of 1,000 records in 3 s, of
100,000 in 60 s and 2 GB; ``check`` of 10,000 cells in 3 s; ``index`` of 100,000 records in 60 s.

The runs are made of the records of results/reference/cpu, each comparison of which stands under as many other names,
precisions and tracks as it takes: whole comparisons of all arms, which in the largest run raced forward passes and
epochs too, or thin ones, of which as many records make six times as many tables. Each figure is that of a whole command
in a process of its own, start-up included: CPU time, for other programs do not lengthen it as they do the time on a
clock, and the high-water mark of its memory.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.contract import Scope
    from harness.schema import Record

HOME = Path(__file__).resolve().parents[1]
RECORDED = HOME / "results" / "reference" / "cpu"
THIN_ARMS, THIN_LAUNCHES, THIN_SEEDS = ("torch", "keras-jax"), 3, 2
PRECISIONS, TRACKS = ("fp32", "bf16", "fp64"), ("matched", "stock")
SCOPES: tuple[Scope, ...] = ("step", "inference", "epoch")
LARGEST = 100_000


@dataclass(frozen=True)
class Case:
    """One command on one run.

    Attributes:
        thin: Ten records to a comparison, not all that were recorded.
        cpu_s: What it may take.
        mib: Likewise; null where nothing is promised.
    """

    name: str
    command: tuple[str, ...]
    records: int
    thin: bool
    cpu_s: float
    mib: float | None = None


CASES = (
    Case("report and dashboard, whole comparisons", ("report", "{run}"), 1_000, False, 3),
    Case("report and dashboard, thin comparisons", ("report", "{run}"), 1_000, True, 3),
    Case("check against a baseline", ("check", "{run}", "--baseline", "{baseline}"), 10_000, False, 3),
    Case("report and dashboard, whole comparisons", ("report", "{run}"), LARGEST, False, 60, 2048),
    Case("index", ("index", "--results", "{results}"), LARGEST, False, 60),
)


def recorded(scopes: Sequence[Scope], *, thin: bool) -> list[list[Record]]:
    """Return the records that count, comparison by comparison; each time stands under every scope."""
    from harness.store.folder import RunFolder

    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in RunFolder(RECORDED).read_records()[0]:
        cell = record.cell
        most = THIN_SEEDS if cell.scope == "accuracy" else THIN_LAUNCHES
        if thin and (cell.arm not in THIN_ARMS or cell.index >= most):
            continue
        for scope in ("accuracy",) if cell.scope == "accuracy" else scopes:
            told = record.model_copy(update={"cell": dataclasses.replace(cell, scope=scope)})
            groups[cell.workload, cell.precision].append(told)
    return list(groups.values())


def places() -> Iterator[tuple[dict[str, str], bool]]:
    """Yield what a comparison may be of, and whether that learns something.

    It is every workload that is known, then each of them again at another precision, and so on.
    """
    from harness import registry

    known = sorted((registry.workloads() | registry.variants()).items())
    for track, precision, (name, workload) in itertools.product(TRACKS, PRECISIONS, known):
        yield {"workload": name, "precision": precision, "track": track}, workload.metric is not None


def make(run: Path, count: int, *, thin: bool) -> None:
    """Write a run of so many records into a folder of runs.

    Raises:
        ValueError: If there are not enough names for so many comparisons.
    """
    from harness.schema import Manifest, Suite, WorkloadChoice
    from harness.store import envelope
    from harness.store.folder import RunFolder

    folder = RunFolder(run)
    folder.create()
    scopes: Sequence[Scope] = SCOPES if count == LARGEST else SCOPES[:1]
    written, used = 0, []
    for (place, learns), found in zip(places(), itertools.cycle(recorded(scopes, thin=thin)), strict=False):
        used.append(place)
        records = [record for record in found if learns or record.accuracy is None]
        for record in records[: count - written]:
            content = record.model_dump(mode="json")
            content["cell"] |= place
            content["key"] = f"{written:024x}"
            # Not by RunFolder.write_record: a hundred thousand times fsync is not what is measured here.
            path = folder.records / f"{content['key']}-{record.attempt}.json"
            path.write_text(envelope.seal(content), encoding="utf-8")
            written += 1
        if written == count:
            break
    if written < count:
        raise ValueError(f"{len(used)} names are not enough for {count} records")
    manifest = RunFolder(RECORDED).read_manifest().model_dump(mode="json")
    asked: dict[str, Any] = manifest["suite"] | {"seeds": THIN_SEEDS, "launches": THIN_LAUNCHES} if thin else {}
    suite = Suite.model_validate(
        manifest["suite"]
        | asked
        | {
            "scopes": scopes,
            "arms": list(THIN_ARMS) if thin else manifest["suite"]["arms"],
            "workloads": [WorkloadChoice(name=name) for name in dict.fromkeys(place["workload"] for place in used)],
            "precisions": list(dict.fromkeys(place["precision"] for place in used)),
            "tracks": list(dict.fromkeys(place["track"] for place in used)),
        }
    )
    folder.write_manifest(Manifest.model_validate(manifest | {"run": run.name, "suite": suite, "proofs": []}))


def call(*arguments: str) -> dict[str, float]:
    """Run a command of ours and return its CPU seconds and the MiB of its memory at most.

    Raises:
        RuntimeError: If it does not come to an end of its own: a gate may fail or be undecided.
    """
    command = [sys.executable, "-m", "harness.cli", *arguments]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.DEVNULL, stderr=told)
        _, status, used = os.wait4(process.pid, 0)  # of this process alone, which getrusage does not tell
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in {0, 1, 3}:
            told.seek(0)
            raise RuntimeError(f"{' '.join(arguments)}: {told.read().decode()}")
    return {"cpu_s": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}


def measure(case: Case, folder: Path) -> dict[str, Any]:
    """Return what a command takes on the run that it is for, which is made if it is not there."""
    results = folder / f"{case.records}{'-thin' if case.thin else ''}"
    run, baseline = results / "runs" / "large", results / "baseline.json"
    if not run.exists():
        make(run, case.records, thin=case.thin)
    if "{baseline}" in case.command and not baseline.exists():
        call("baseline", "update", str(run), "--why", "to be held against", "--file", str(baseline))
    where = {"run": str(run), "baseline": str(baseline), "results": str(results)}
    found = call(*(word.format(**where) for word in case.command))
    return {"what": case.name, "records": case.records, **found, "most_cpu_s": case.cpu_s, "most_mib": case.mib}


def exceeded(one: dict[str, Any]) -> bool:
    """Return whether a figure of ``measure`` is above its goal."""
    return one["cpu_s"] > one["most_cpu_s"] or (one["most_mib"] is not None and one["mib"] > one["most_mib"])


def main() -> None:
    """Measure, print, write to the file named on the command line, and fail if a goal was missed."""
    from harness.measure.environment import fingerprint

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            one = measure(case, Path(folder))
            found.append(one)
            bound = f"at most {case.cpu_s:g} s" + (f" and {case.mib:g} MiB" if case.mib else "")
            told = f"{one['cpu_s']:6.2f} s of CPU, {one['mib']:5.0f} MiB ({bound})"
            missed = "  EXCEEDED" if exceeded(one) else ""
            print(f"{case.name:40} {case.records:7,} records: {told}{missed}", flush=True)
    if len(sys.argv) > 1:
        known = fingerprint()
        machine = {field: known[field] for field in ("python", "cpu", "cores", "commit", "uncommitted_changes")}
        Path(sys.argv[1]).write_text(json.dumps({**machine, "found": found}, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(map(exceeded, found)))


if __name__ == "__main__":
    main()
