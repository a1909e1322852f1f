"""What can be run: suites, workloads, techniques and so on, as rows for a program and as a table for a person."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness import registry
from harness.contract import Workload
from harness.measure import sizes

Row = dict[str, Any]
"""What JSON can hold, numbers as numbers; the name comes first."""


def suites() -> list[Row]:
    """Return the shipped suites."""
    from harness.matrix import read_suite

    return [
        {
            "suite": name,
            "workloads": [choice.name for choice in suite.workloads],
            "techniques": suite.techniques,
            "baselines": suite.baselines,
            "tracks": suite.tracks,
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
            **_size(workload),
            "optimizer": workload.optimizer.name,
            "learning_rate": workload.optimizer.learning_rate,
            "batch_size": workload.batch_size,
            "epochs": workload.epochs,
            "metric": workload.metric,
            "less_is_better": workload.less_is_better,
            "target": workload.target,
            "margin": workload.margin,
            "arms": _implementers(workload),
            "title": workload.title,
        }
        for name, workload in registry.workloads().items()
    ]


def techniques() -> list[Row]:
    """Return every family of techniques."""
    return [
        {
            "technique": name,
            "variants": {variant.name: variant.about for variant in technique.variants},
            "workloads": list(dict.fromkeys(variant.base or variant.workload.name for variant in technique.variants)),
            "figures": list(dict.fromkeys(figure for v in technique.variants for figure in v.workload.figures)),
            "expectations": [dataclasses.asdict(expectation) for expectation in technique.expectations],
            "title": technique.title,
            "about": technique.about,
        }
        for name, technique in registry.techniques().items()
    ]


def architectures() -> list[Row]:
    """Return every architecture that a workload uses, once for each choice of its arguments."""
    rows: dict[str, Row] = {}
    for name, workload in registry.workloads().items():
        asked = workload.architecture
        row = {
            "architecture": asked.name,
            "file": asked.file,
            "arguments": dict(asked.arguments),
            **_size(workload),
            "arms": _implementers(workload),
        }
        rows.setdefault(repr(row), row | {"workloads": []})["workloads"].append(name)
    return sorted(rows.values(), key=lambda row: (row["file"], row["architecture"]))


def baselines() -> list[Row]:
    """Return every classical model."""
    return [
        {
            "baseline": name,
            "estimators": {task: dataclasses.asdict(found) for task, found in baseline.estimators.items()},
            "title": baseline.title,
        }
        for name, baseline in registry.baselines().items()
    ]


def _size(workload: Workload) -> Row:
    size = sizes.read().get(workload.name)
    return {"parameters": size and size.parameters, "flops": size and size.flops}


def _implementers(workload: Workload) -> list[str]:
    return [name for name, spec in registry.arms().items() if not registry.unimplemented(spec, workload)]


def arms() -> list[Row]:
    """Return every arm, and whether it can run here."""
    return [
        {
            "arm": name,
            "witness": spec.witness,
            "precisions": {device: list(known) for device, known in spec.precisions.items()},
            "versions": registry.versions(spec),
            "supported": reason is None,
            "reason": reason,
            "form_of": spec.form_of,
        }
        for name, spec in registry.every_arm().items()
        for reason in [registry.missing(spec)]
    ]


KINDS: Mapping[str, Callable[[], list[Row]]] = {
    "suites": suites,
    "workloads": workloads,
    "techniques": techniques,
    "architectures": architectures,
    "baselines": baselines,
    "arms": arms,
}


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
        **_counts(row),
        "batch": str(row["batch_size"]),
        "epochs": str(row["epochs"]),
        "target": _target(row),
        "arms": _all_but(row["arms"]),
        "title": row["title"],
    }


def _technique(row: Row) -> dict[str, str]:
    return {
        "technique": row["technique"],
        "on": " ".join(row["workloads"]),
        "shows": row["about"],
        "variants": " ".join(row["variants"]),
    }


def _target(row: Row) -> str:
    """Return what a workload is expected to reach."""
    if row["target"] is None:
        return "speed only"
    return f"{row['metric']} {'≤' if row['less_is_better'] else '≥'} {row['target']:g}"


def _architecture(row: Row) -> dict[str, str]:
    return {
        "architecture": row["architecture"],
        "file": row["file"],
        **_counts(row),
        "arms": _all_but(row["arms"]),
        "workloads": " ".join(row["workloads"]),
        "arguments": ", ".join(f"{name}={value!r}" for name, value in row["arguments"].items()),
    }


def _baseline(row: Row) -> dict[str, str]:
    kinds = [found["entry"].partition(":")[2] for found in row["estimators"].values()]
    return {"baseline": row["baseline"], "as": ", ".join(kinds), "title": row["title"]}


def _counts(row: Row) -> dict[str, str]:
    """Return the counts as right-aligned columns; FLOPs are those of one sample's forward pass."""
    return {
        name: f"{'?' if row[key] is None else format(row[key], ','):>{width}}"
        for name, key, width in (("parameters", "parameters", 11), ("FLOPs/sample", "flops", 14))
    }


def _all_but(arms: Sequence[str]) -> str:
    raced = [name for name, spec in registry.arms().items() if not spec.witness]
    if lacking := [name for name in raced if name not in arms]:
        return f"all but {', '.join(lacking)}" if len(lacking) < len(raced) / 2 else ", ".join(arms)
    return "all"


def _arm(row: Row) -> dict[str, str]:
    return {
        "arm": row["arm"],
        "precisions": "; ".join(f"{device}: {' '.join(known)}" for device, known in row["precisions"].items()),
        "versions": ", ".join(f"{name} {version}" for name, version in row["versions"].items()),
        "status": row["reason"] or ("witness" if row["witness"] else "ready" + ", by name" * bool(row["form_of"])),
    }


_TEXTS: Mapping[str, Callable[[Row], dict[str, str]]] = {
    "suites": _suite,
    "workloads": _workload,
    "techniques": _technique,
    "architectures": _architecture,
    "baselines": _baseline,
    "arms": _arm,
}
