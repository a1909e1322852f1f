"""What can be run: suites, workloads, arms, as rows for a program and as a table for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness import registry

Row = dict[str, Any]
"""What JSON can hold, numbers as numbers; the name comes first."""


def suites() -> list[Row]:
    """Return the shipped suites."""
    from harness.matrix import read_suite

    return [
        {
            "suite": name,
            "workloads": [choice.name for choice in suite.workloads],
            "arms": suite.arms,
            "precisions": suite.precisions,
            "launches": suite.launches,
            "seeds": suite.seeds,
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
            "optimizer": workload.optimizer.name,
            "learning_rate": workload.optimizer.learning_rate,
            "batch_size": workload.batch_size,
            "epochs": workload.epochs,
            "metric": workload.metric,
            "less_is_better": workload.less_is_better,
            "target": workload.target,
            "margin": workload.margin,
            "title": workload.title,
        }
        for name, workload in registry.workloads().items()
    ]


def arms() -> list[Row]:
    """Return every arm, and whether it can run here."""
    return [
        {
            "arm": name,
            "witness": spec.witness,
            "precisions": list(spec.precisions),
            "versions": registry.versions(spec),
            "supported": reason is None,
            "reason": reason,
        }
        for name, spec in registry.arms().items()
        for reason in [registry.missing(spec)]
    ]


KINDS: Mapping[str, Callable[[], list[Row]]] = {"suites": suites, "workloads": workloads, "arms": arms}


def as_text(kind: str, rows: Sequence[Row]) -> str:
    """Return rows as a plain table with aligned columns, of what a person chooses by."""
    if not rows:
        return f"no {kind}"
    shown = [_TEXTS[kind](row) for row in rows]
    widths = {name: max(len(name), *(len(row[name]) for row in shown)) for name in shown[0]}
    lines = [{name: name for name in widths}, *shown]
    return "\n".join("  ".join(f"{line[name]:{width}}" for name, width in widths.items()).rstrip() for line in lines)


def _suite(row: Row) -> dict[str, str]:
    counts = {name: str(row[name]) for name in ("launches", "seeds")}
    return {"suite": row["suite"], "workloads": str(len(row["workloads"]))} | counts | {"title": row["title"]}


def _workload(row: Row) -> dict[str, str]:
    return {
        "workload": row["workload"],
        "dataset": row["dataset"],
        "architecture": row["architecture"],
        "batch": str(row["batch_size"]),
        "epochs": str(row["epochs"]),
        "target": _target(row),
        "title": row["title"],
    }


def _target(row: Row) -> str:
    """Return what a workload is expected to reach."""
    if row["target"] is None:
        return "speed only"
    return f"{row['metric']} {'≤' if row['less_is_better'] else '≥'} {row['target']:g}"


def _arm(row: Row) -> dict[str, str]:
    return {
        "arm": row["arm"],
        "precisions": " ".join(row["precisions"]),
        "versions": ", ".join(f"{name} {version}" for name, version in row["versions"].items()),
        "status": row["reason"] or ("witness" if row["witness"] else "ready"),
    }


_TEXTS: Mapping[str, Callable[[Row], dict[str, str]]] = {"suites": _suite, "workloads": _workload, "arms": _arm}
