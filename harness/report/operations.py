"""Single operations, as pytest-benchmark timed them for ``make ops``: every arm beside PyTorch, process by process."""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from harness import stats
from harness.report import text
from harness.report.figures import MISSING
from harness.report.figures import ratio as shown_ratio

REFERENCE = "torch"
FILE = "ops.json"
"""In a run's folder: what is read if no other file is named."""


class OperationsFault(ValueError):
    """A file that is not what ``make ops`` writes. The message says which and why."""


class _Part(BaseModel):
    """What we need of a document of pytest-benchmark, which has much more."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class _Stats(_Part):
    median: PositiveFloat


class _About(_Part):
    arm: Annotated[str, Field(min_length=1)]
    threads: int | None = None


class _Benchmark(_Part):
    group: Annotated[str, Field(min_length=1)]
    extra_info: _About
    stats: _Stats


class _Document(_Part):
    benchmarks: list[_Benchmark]
    machine_info: dict[str, Any] = {}
    datetime: str = ""


class _Documents(_Part):
    documents: Annotated[list[_Document], Field(min_length=1)]


@dataclass(frozen=True)
class Row:
    """One operation in one arm.

    Attributes:
        seconds: The median of every process, in the order in which the processes ran.
        ratio: To the reference's; null for the reference itself, and where there is nothing to pair.
        verdict: On the ratio; adjusted over all operations.
        note: Why there is no ratio.
    """

    operation: str
    arm: str
    seconds: tuple[float, ...]
    ratio: stats.Ratio | None = None
    verdict: stats.TimeVerdict | None = None
    note: str | None = None

    @property
    def microseconds(self) -> float:
        """Geometric mean over processes."""
        return 1e6 * statistics.geometric_mean(self.seconds)


@dataclass(frozen=True)
class Operations:
    """All of a file, operation by operation.

    Attributes:
        reference: The arm that the others are beside.
        threads: Of every process; null where they do not tell, or not the same.
        machine: In words, as far as it is known.
        measured: When: ISO 8601, as far as it is known.
    """

    reference: str
    rows: tuple[Row, ...]
    machine: str = ""
    measured: str = ""
    threads: int | None = None

    @property
    def arms(self) -> list[str]:
        """Every arm once."""
        return list(dict.fromkeys(row.arm for row in self.rows))

    def find(self, operation: str, arm: str) -> Row | None:
        """Return an operation in an arm."""
        return next((row for row in self.rows if (row.operation, row.arm) == (operation, arm)), None)


def read(path: Path) -> Operations:
    """Return what a file of ``make ops`` has, or a document of pytest-benchmark alone, or a folder of them.

    Raises:
        OperationsFault: If it is something else.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise OperationsFault(f"{path}: no document of pytest-benchmark is in this folder")
    return reduce([document for file in files for document in _documents(file)])


def _documents(path: Path) -> list[_Document]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and "benchmarks" in found:
            found = {"documents": [found]}
        return _Documents.model_validate(found).documents
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise OperationsFault(f"{path}: not what `make ops` writes: {where}: {first['msg']}") from error
    except (OSError, ValueError, RecursionError) as error:
        told = " ".join(str(error).split())
        raise OperationsFault(f"{path}: not what `make ops` writes: {told}") from error


def reduce(documents: Sequence[_Document]) -> Operations:
    """Return operations with their ratios, every process of an arm beside the reference's of the same turn."""
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for document in documents:
        for one in document.benchmarks:
            times[one.group][one.extra_info.arm].append(one.stats.median)
    arms = list(dict.fromkeys(arm for by_arm in times.values() for arm in by_arm))
    reference = REFERENCE if REFERENCE in arms else (arms[0] if arms else REFERENCE)
    rows = [row for operation, by_arm in times.items() for row in _rows(operation, by_arm, reference)]
    machines = dict.fromkeys(map(_machine, documents))
    measured = min((document.datetime for document in documents), default="")
    told = {one.extra_info.threads for document in documents for one in document.benchmarks}
    threads = told.pop() if len(told) == 1 else None
    return Operations(reference, tuple(_judged(rows)), ", ".join(filter(None, machines)), measured, threads)


def _rows(operation: str, by_arm: Mapping[str, Sequence[float]], reference: str) -> Iterator[Row]:
    """Yield the reference first, then the others as they came."""
    beside = by_arm.get(reference, ())
    for arm in sorted(by_arm, key=lambda arm: arm != reference):
        seconds = tuple(by_arm[arm])
        if arm == reference:
            yield Row(operation, arm, seconds)
        elif len(seconds) != len(beside):
            note = f"{len(seconds)} processes, but {len(beside)} of {reference}: they cannot be paired"
            yield Row(operation, arm, seconds, note=note)
        else:
            ratios = [math.log(ours / theirs) for ours, theirs in zip(seconds, beside, strict=True)]
            yield Row(operation, arm, seconds, stats.ratio(ratios))


def _judged(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows with their verdicts: a family of claims of its own (Benjamini–Hochberg)."""
    known = {id(row): row.ratio for row in rows if row.ratio and row.ratio.launches >= stats.MIN_LAUNCHES}
    different = stats.adjust([ratio.p_different or 0.0 for ratio in known.values()])
    same = stats.adjust([ratio.p_same or 0.0 for ratio in known.values()])
    adjusted = dict(zip(known, zip(different, same, strict=True), strict=True))
    for row in rows:
        p_values = adjusted.get(id(row), (None, None))
        yield row if row.ratio is None else replace(row, verdict=stats.time_verdict(row.ratio, *p_values))


def _machine(document: _Document) -> str:
    """Return the processor's name, or what there is instead."""
    cpu = document.machine_info.get("cpu")
    named = cpu.get("brand_raw") if isinstance(cpu, dict) else None
    return str(named or document.machine_info.get("machine") or "")


HEADER = ("operation", "arm", "time (µs)", "ratio to {} [95 %]", "verdict", "processes")


def about(found: Operations) -> str:
    """Return in words what the table says, and what it does not."""
    where = f" on {text.one_line(found.machine)}" if found.machine else ""
    when = f" at {text.one_line(found.measured, 40)}" if found.measured else ""
    return (
        f"Timed by pytest-benchmark{where}{when}, not in this run's races. Of each process the median of its rounds; "
        "times are geometric means over processes, ratios go process by process in the turns in which they ran, their "
        f"intervals and verdicts (from {stats.MIN_LAUNCHES} processes on) are over processes. What else ran on the "
        "machine is not recorded, so no verdict can be UNSTABLE. An operation by itself is no step of training: it "
        "pays a call that a compiled model does not pay."
    )


def cells(row: Row, reference: str) -> list[str]:
    """Return what is shown of a row after its operation and its arm."""
    beside = "reference" if row.arm == reference else MISSING if row.ratio is None else shown_ratio(row.ratio)
    verdict = "reference" if row.arm == reference else str(row.verdict or MISSING)
    return [text.number(row.microseconds), beside, verdict, str(len(row.seconds))]
