"""Settings as the frameworks reported them, arranged so that differences between arms are seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.schema import Record

DIFFERS = " / "
"""Between values of one setting that differ from cell to cell of the same arm."""


@dataclass(frozen=True)
class Readback:
    """Settings by who reports them. Values that differ between the cells of an arm are all given.

    Attributes:
        alike: Setting -> the value that all arms report, two or more of them.
        unlike: Setting -> arm -> value, where several arms report it and differ, or some do not report it.
        own: Arm -> setting -> value, for settings that no other arm has.
    """

    arms: tuple[str, ...]
    alike: Mapping[str, str]
    unlike: Mapping[str, Mapping[str, str]]
    own: Mapping[str, Mapping[str, str]]


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield ``a.b`` and its value as text for every leaf of a nested mapping."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _leaf(value)


def _leaf(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_leaf, value))
    if isinstance(value, float):  # as far as float32 keeps a number, in which some frameworks have it
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def readback(order: Sequence[str], records: Sequence[Record]) -> Readback:
    """Return what the arms of a run reported as in force.

    Args:
        order: Arms in the order of the suite; others come after them.
        records: With settings or without.
    """
    table: dict[str, dict[str, dict[str, None]]] = {}
    reporting = dict.fromkeys(record.cell.arm for record in records if record.settings)
    arms = sorted(reporting, key=lambda arm: order.index(arm) if arm in order else len(order))
    # The cells of an arm say nearly the same: what is equal is read once.
    told_of = {(record.cell.arm, repr(record.settings)): record for record in records}
    for record in told_of.values():
        for setting, value in flatten(record.settings):
            table.setdefault(setting, {}).setdefault(record.cell.arm, {})[value] = None
    alike: dict[str, str] = {}
    unlike: dict[str, dict[str, str]] = {}
    own: dict[str, dict[str, str]] = {}
    for setting, values in sorted(table.items()):
        told = {arm: DIFFERS.join(values[arm]) for arm in arms if arm in values}
        if len(told) == 1:
            ((arm, value),) = told.items()
            own.setdefault(arm, {})[setting] = value
        elif len(told) == len(arms) and len(set(told.values())) == 1:
            alike[setting] = next(iter(told.values()))
        else:
            unlike[setting] = told
    return Readback(tuple(arms), alike, unlike, {arm: own[arm] for arm in arms if arm in own})
