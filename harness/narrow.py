"""Narrow a suite: fewer arms, workloads or precisions, other counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import ValidationError

from harness.contract import Precision
from harness.matrix import SuiteError, explain
from harness.registry import UnknownName, find_arm, find_workload
from harness.schema import Suite


def narrow(
    suite: Suite,
    *,
    arms: Sequence[str] = (),
    workloads: Sequence[str] = (),
    precisions: Sequence[str] = (),
    epochs: int | None = None,
    **counts: Any,
) -> Suite:
    """Return the suite with what is given in place of its own.

    Args:
        suite: What the file says.
        arms: Arms to run instead, the reference first; any that exist, also ones that the suite lacks.
        workloads: Workloads to run instead; ones of the suite keep what it overrides for them.
        precisions: Precisions for every workload.
        epochs: Epochs for every workload.
        counts: Further fields of ``Suite``; None leaves the suite's own.

    Raises:
        UnknownName: If an arm, a workload or a precision does not exist.
        SuiteError: If a count is out of range.
    """
    for arm in arms:
        find_arm(arm)
    for workload in workloads:
        find_workload(workload)
    for precision in precisions:
        if precision not in get_args(Precision):
            raise UnknownName("precision", precision, get_args(Precision))
    fields = suite.model_dump()
    if arms:
        fields["arms"] = list(dict.fromkeys(arms))
    if workloads:
        own = {choice["name"]: choice for choice in fields["workloads"]}
        fields["workloads"] = [own.get(name, {"name": name}) for name in dict.fromkeys(workloads)]
    if precisions:
        fields["precisions"] = list(dict.fromkeys(precisions))
    for choice in fields["workloads"]:
        choice["precisions"] = None if precisions else choice.get("precisions")
        choice["epochs"] = epochs or choice.get("epochs")
    fields |= {name: count for name, count in counts.items() if count is not None}
    try:
        return Suite.model_validate(fields, strict=True)
    except ValidationError as error:
        raise SuiteError("; ".join(explain(error))) from error
