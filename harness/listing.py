"""What can be run, as rows for a table: suites, workloads, arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness import registry
from harness.contract import Workload

Row = dict[str, str]


def suites() -> list[Row]:
    """Return the shipped suites."""
    from harness.matrix import read_suite

    return [
        {
            "suite": name,
            "workloads": str(len(suite.workloads)),
            "launches": str(suite.launches),
            "seeds": str(suite.seeds),
            "title": suite.title,
        }
        for name in registry.suites()
        for suite in [read_suite(name)]
    ]


def workloads() -> list[Row]:
    """Return every workload."""
    return [
        {
            "workload": name,
            "dataset": workload.dataset,
            "architecture": workload.architecture.name,
            "batch": str(workload.batch_size),
            "epochs": str(workload.epochs),
            "target": target(workload),
            "title": workload.title,
        }
        for name, workload in registry.workloads().items()
    ]


def target(workload: Workload) -> str:
    """Return what a workload is expected to reach."""
    if workload.target is None:
        return "speed only"
    return f"{workload.metric} {'≤' if workload.less_is_better else '≥'} {workload.target:g}"


def arms() -> list[Row]:
    """Return every arm, and whether it can run here."""
    return [
        {
            "arm": name,
            "precisions": " ".join(spec.precisions),
            "versions": ", ".join(f"{key} {value}" for key, value in registry.versions(spec).items()),
            "status": registry.missing(spec) or ("witness" if spec.witness else "ready"),
        }
        for name, spec in registry.arms().items()
    ]


KINDS: Mapping[str, Callable[[], list[Row]]] = {"suites": suites, "workloads": workloads, "arms": arms}


def as_text(kind: str, rows: Sequence[Row]) -> str:
    """Return rows as a plain table with aligned columns."""
    if not rows:
        return f"no {kind}"
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    lines = [{name: name for name in rows[0]}, *rows]
    return "\n".join("  ".join(f"{line[name]:{width}}" for name, width in widths.items()).rstrip() for line in lines)
