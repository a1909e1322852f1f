"""Carry tensors between canonical names and layouts and those of a published model, by rules on names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array

    Turn: TypeAlias = Callable[[Array], Array]


@dataclass(frozen=True)
class Rule:
    """Where the canonical tensors that ``pattern`` fits are in a published model.

    Attributes:
        pattern: A regular expression for the whole name.
        names: Takes its groups, returns the published names: several where the canonical tensor is their rows, packed.
        there: Turns a canonical layout into the published one; the published shape itself need not be met.
        here: The inverse.
    """

    pattern: str
    names: Callable[..., Sequence[str]]
    there: Turn = np.asarray
    here: Turn = np.asarray


def one(pattern: str, template: str, there: Turn = np.asarray, here: Turn = np.asarray) -> Rule:
    """Return a rule for tensors that are one tensor there too; groups are filled into ``{}`` of the template."""
    return Rule(pattern, lambda *groups: [template.format(*groups)], there, here)


class Book:
    """The rules of a published model, of which the first that fits a name holds.

    Args:
        rules: For every canonical name.
        shapes: The canonical tensors'.
        published: The published tensors' shapes.

    Raises:
        ValueError: If a canonical name has no rule, or a published tensor is not carried exactly once.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        shapes: Mapping[str, tuple[int, ...]],
        published: Mapping[str, tuple[int, ...]],
    ):
        self.shapes, self.published = dict(shapes), dict(published)
        rules = list(rules)
        self.entries = {name: _find(rules, name) for name in shapes}
        carried = sorted(name for names, _ in self.entries.values() for name in names)
        if carried != sorted(published):
            odd = sorted(set(carried) ^ set(published)) or sorted({n for n in carried if carried.count(n) > 1})
            raise ValueError(f"published tensors not carried exactly once: {', '.join(odd)}")

    def there(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        """Return canonical tensors as the published ones."""
        found = {}
        for name, (names, rule) in self.entries.items():
            for part, rows in zip(names, np.split(tensors[name], len(names)), strict=True):
                found[part] = np.ascontiguousarray(rule.there(rows)).reshape(self.published[part])
        return found

    def here(self, published: Mapping[str, Array]) -> dict[str, Array]:
        """Return published tensors as the canonical ones. Inverse of ``there``, bit for bit."""
        found = {}
        for name, (names, rule) in self.entries.items():
            rows = [self._turned(rule, published[part], self.shapes[name], len(names)) for part in names]
            found[name] = np.ascontiguousarray(np.concatenate(rows) if len(rows) > 1 else rows[0])
        return found

    @staticmethod
    def _turned(rule: Rule, tensor: Array, shape: tuple[int, ...], parts: int) -> Array:
        rows = (shape[0] // parts, *shape[1:])
        turned = rule.there(np.empty(rows)).shape  # of which the published shape is another form
        return rule.here(tensor.reshape(turned)).reshape(rows)


def _find(rules: Sequence[Rule], name: str) -> tuple[list[str], Rule]:
    for rule in rules:
        if match := re.fullmatch(rule.pattern, name):
            return list(rule.names(*match.groups())), rule
    raise ValueError(f"no rule for {name}")


def plus(number: str, more: int) -> int:
    """Return a number from a name, counted from elsewhere."""
    return int(number) + more


def transposed(array: Any) -> Any:
    """Exchange the two axes of a matrix; its own inverse."""
    return array.T
