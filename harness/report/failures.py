"""What failed and why: every attempt that is not ok, with equal ones of a series told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.contract import Cell, Leg, Outcome
from harness.schema import Manifest, Record, Suite


@dataclass(frozen=True)
class Failure:
    """Attempts that failed in the same way.

    Attributes:
        cells: Which cells: workload (or dataset and classical model), precision (and track, if it is not the matched
            one), scope (and batch size, if the suite names it); null when the arm cannot run at all.
        indices: Seeds of accuracy cells, launches of timing cells.
        recovered: Whether another attempt at these cells succeeded.
        logs: Paths relative to the run folder.
    """

    arm: str
    cells: tuple[str, str, str] | None
    indices: tuple[int, ...]
    outcome: Outcome
    reason: str
    recovered: bool
    logs: tuple[str, ...]


def failures(manifest: Manifest, records: Sequence[Record]) -> tuple[Failure, ...]:
    """Return the failures of a run: first arms that cannot run here, then failed cells in the order of the suite."""
    unsupported = {s.name: s for s in manifest.arms if not s.supported and s.name in manifest.suite.arms}
    found = [
        Failure(name, None, (), Outcome.UNSUPPORTED, status.reason or "no reason given", False, ())
        for name, status in unsupported.items()
    ]
    succeeded = {record.cell for record in records if record.outcome is Outcome.OK}
    series: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    workloads = {choice.name: place for place, choice in enumerate(manifest.suite.workloads)}
    arms = {arm: place for place, arm in enumerate(manifest.suite.arms)}
    for record in sorted(records, key=lambda record: _place(workloads, arms, record.cell)):
        cell = record.cell
        if record.outcome is Outcome.OK or (record.outcome is Outcome.UNSUPPORTED and cell.arm in unsupported):
            continue
        kind = (cell.workload, cell.baseline, cell.precision, cell.track, cell.arm, cell.scope, cell.batch_size)
        key = (*kind, record.outcome, record.reason, cell in succeeded)
        series[key].append(record)
    for group in series.values():
        first = group[0]
        stock = "" if first.cell.track == "matched" else f" · {first.cell.track}"
        found.append(
            Failure(
                arm=first.cell.arm,
                cells=(_what(first.cell), first.cell.precision + stock, _leg(manifest.suite, first.cell).name),
                indices=tuple(sorted({record.cell.index for record in group})),
                outcome=first.outcome,
                reason=first.reason or "no reason given",
                recovered=first.cell in succeeded,
                logs=tuple(record.log for record in group if record.log is not None),
            )
        )
    return tuple(found)


def _leg(suite: Suite, cell: Cell) -> Leg:
    sized = cell.scope == "latency" or (cell.scope == "inference" and cell.batch_size in suite.inference_batches)
    return Leg(cell.scope, cell.batch_size if sized else None)


def _what(cell: Cell) -> str:
    return cell.workload if cell.baseline is None else f"{cell.workload} · {cell.baseline}"


def _place(workloads: Mapping[str, int], arms: Mapping[str, int], cell: Cell) -> tuple[int | str, ...]:
    """Return where a cell stands in its suite, given the places in it; what the suite does not have comes last."""
    return (
        workloads.get(cell.workload, len(workloads)),
        cell.precision,
        cell.track,
        arms.get(cell.arm, len(arms)),
        cell.scope,
        cell.batch_size,
        cell.baseline or "",
        cell.index,
    )
