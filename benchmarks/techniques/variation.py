"""Variants of a workload: the same task with one thing changed."""

from __future__ import annotations

import dataclasses
from typing import Any

from harness.contract import Variant, Workload


def vary(technique: str, base: Workload, name: str, about: str, **changes: Any) -> Variant:
    """Return a variant of ``base``.

    Args:
        technique: The family's name.
        base: What is varied.
        name: Of the variant.
        about: The variant in a line.
        changes: Fields of ``base`` to replace. ``arguments`` are added to the architecture's, and ``initializer`` is
            the architecture's too.
    """
    if arguments := changes.pop("arguments", None):
        architecture = changes.get("architecture", base.architecture)
        changes["architecture"] = dataclasses.replace(architecture, arguments={**architecture.arguments, **arguments})
    if "initializer" in changes:
        architecture = changes.get("architecture", base.architecture)
        changes["architecture"] = dataclasses.replace(architecture, initializer=changes.pop("initializer"))
    own = {"name": f"{technique}.{name}", "title": f"{base.title}: {about}", "target": None, "pilot": ""}
    return Variant(name, about, dataclasses.replace(base, **{**own, **changes}), base=base.name)
