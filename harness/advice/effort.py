"""What it takes to write a half: counted from the sources as they are now, not from the run."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness import registry
from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding
from harness.advice.ground import Ground
from harness.advice.scores import by_count
from harness.anatomy import code as counting
from harness.differences import SECTIONS
from harness.measure.environment import source_sha256

OTHER_SOURCES = "counted from the sources as they are now: the run was made by others"


def code(ground: Ground) -> Finding:
    """Count the lines of every half."""
    architectures = [comparison.workload.architecture for comparison in ground.comparisons]
    packages = _packages(ground)
    found = {package: counting.of_half(package, architectures) for package in dict.fromkeys(packages.values())}
    counts = {arm: one for arm, package in packages.items() if (one := found[package])}
    if not counts:
        return Finding.none("code", "no arm of the run belongs to a package of halves")
    made_by = ground.summary.manifest.environment.get("source_sha256")
    about = f"{len({(one.file, one.name) for one in architectures})} architectures: {counting.ABOUT}"
    return Finding(
        CRITERIA["code"],
        shown={arm: f"{one.lines}" for arm, one in counts.items()},
        scores=by_count({arm: one.lines for arm, one in counts.items()}),
        about=about
        + "; "
        + "; ".join(_details(packages, found))
        + ("" if made_by == source_sha256() else f"; {OTHER_SOURCES}"),
    )


def _details(packages: Mapping[str, str], found: Mapping[str, counting.Code | None]) -> Iterable[str]:
    return (f"{package}: {found[package]}" for package in dict.fromkeys(packages.values()) if found[package])


def workarounds(ground: Ground) -> Finding:
    """Count the rows of the page of differences for which a half is written otherwise than by default."""
    rows = [row.name for section in SECTIONS.values() for row in section]
    counts = {
        arm: number for arm, package in _packages(ground).items() if (number := _reconciled(package, rows)) is not None
    }
    if not counts:
        return Finding.none("workarounds", "no arm of the run belongs to a package of halves")
    return Finding(
        CRITERIA["workarounds"],
        shown={arm: f"{number} of {len(rows)}" for arm, number in counts.items()},
        scores=by_count(counts),
        about=f"{len(rows)} rows of docs/differences.md: a row counts for a half whose function in "
        "exercises/differences reads the argument that tells the default form from the reconciled one",
    )


def _packages(ground: Ground) -> dict[str, str]:
    """Return the package of every arm's half; arms that are not known here have none."""
    known = registry.every_arm()
    found = {arm: known[arm].entry.partition(".")[0] for arm in ground.arms if arm in known}
    return {arm: package for arm, package in found.items() if package.startswith("models_")}


def _reconciled(package: str, rows: Iterable[str]) -> int | None:
    """Return how many of the rows a half is written otherwise for; None if it has no functions for them."""
    spec = importlib.util.find_spec(package)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    files = [path for root in roots for path in sorted(Path(root, "exercises", "differences").glob("*.py"))]
    wanted = list(rows)
    return sum(reading(path.read_text(encoding="utf-8"), wanted, "form") for path in files) if files else None


def reading(source: str, functions: Iterable[str], argument: str) -> int:
    """Return how many of the functions read an argument of that name, or pass it on."""
    wanted = set(functions)
    return sum(
        any(isinstance(node, ast.Name) and node.id == argument for node in ast.walk(statement))
        for statement in ast.parse(source).body
        if isinstance(statement, ast.FunctionDef) and statement.name in wanted
    )
