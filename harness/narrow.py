"""Narrow a suite: fewer arms, workloads, techniques or precisions, other counts; or a fast look at its techniques."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from harness.matrix import SuiteError, explain, variants
from harness.registry import find_arm, find_precision, find_technique, find_workload
from harness.registry import techniques as families
from harness.schema import FEWEST, Suite


def narrow(
    suite: Suite,
    *,
    arms: Sequence[str] = (),
    workloads: Sequence[str] = (),
    techniques: Sequence[str] = (),
    precisions: Sequence[str] = (),
    epochs: int | None = None,
    **counts: Any,
) -> Suite:
    """Return the suite with what is given in place of its own.

    Args:
        suite: What the file says.
        arms: Arms to run instead, the reference first; any that exist, also ones that the suite lacks.
        workloads: Workloads to run instead; ones of the suite keep what it overrides for them.
        techniques: Techniques to run instead, each with all variants, beside ``workloads``.
        precisions: Precisions for every workload.
        epochs: Epochs for every workload.
        counts: Further fields of ``Suite``; None leaves the suite's own.

    Raises:
        UnknownName: If an arm, a workload, a technique or a precision does not exist.
        SuiteError: If a count is out of range.
    """
    for arm in arms:
        find_arm(arm)
    for workload in workloads:
        find_workload(workload)
    for precision in precisions:
        find_precision(precision)
    fields = suite.model_dump()
    if arms:
        fields["arms"] = list(dict.fromkeys(arms))
    if chosen := list(dict.fromkeys([*workloads, *variants(techniques)])):
        own = {choice["name"]: choice for choice in fields["workloads"]}
        fields["workloads"] = [own.get(name, {"name": name}) for name in chosen]
        left = {name.partition(".")[0] for name in chosen}
        fields["techniques"] = list(dict.fromkeys(techniques)) or [t for t in suite.techniques if t in left]
    if precisions:
        fields["precisions"] = list(dict.fromkeys(precisions))
    for choice in fields["workloads"]:
        choice["precisions"] = None if precisions else choice.get("precisions")
        choice["epochs"] = epochs or choice.get("epochs")
        choice["arms"] = None if arms else choice.get("arms")
    given = {name: count for name, count in counts.items() if count is not None}
    if given.get("launches", FEWEST) < FEWEST:  # too few to be added to, whatever the suite says
        fields["most_launches"] = None
    return _valid(fields | given)


FAST = {"seeds": 1, "launches": 1, "most_launches": None, "rounds": 2, "cold_starts": 0, "tracks": ["matched"]}


def fast(suite: Suite) -> Suite:
    """Return a suite that looks at techniques once: each variant in the first arm and in one other.

    Variants of a family take turns, whatever else the suite has, so that what is narrowed further rests on the same.

    Families that are dear are left out, unless there are no others.

    Raises:
        SuiteError: If the suite has no techniques, or no two arms that are raced.
    """
    if not suite.techniques:
        raise SuiteError(f"suite {suite.name}: --fast looks at techniques, and it has none")
    first, *others = [arm for arm in suite.arms if not find_arm(arm).witness]
    if not others:
        raise SuiteError(f"suite {suite.name}: --fast wants a second arm beside {first}, one that is no witness")
    fields = suite.model_dump() | FAST
    cheap = [name for name in suite.techniques if not find_technique(name).dear]
    if cheap:
        dear = set(variants(name for name in suite.techniques if name not in cheap))
        fields["techniques"] = cheap
        fields["workloads"] = [choice for choice in fields["workloads"] if choice["name"] not in dear]
    turns = {name: number for family in families() for number, name in enumerate(variants([family]))}
    for choice in fields["workloads"]:
        if choice["name"] in turns:
            choice["arms"] = [first, others[turns[choice["name"]] % len(others)]]
    return _valid(fields)


def _valid(fields: dict[str, Any]) -> Suite:
    try:
        return Suite.model_validate(fields, strict=True)
    except ValidationError as error:
        raise SuiteError("; ".join(explain(error))) from error
