"""Variants of a workload: the same task with one thing changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from harness.contract import Expectation, Transfer, Variant, Workload

Choices = Mapping[str, tuple[str, Transfer | None]]
"""What is carried over, by name: in a line, and what it is; one of them is ``scratch``."""


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


def by_labels(
    technique: str, base: Workload, choices: Choices, classes: int, epochs: Mapping[int, int]
) -> list[Variant]:
    """Return a variant of ``base`` for every choice and number of labels: ``frozen_50``.

    Args:
        technique: The family's name.
        base: What is varied.
        choices: Of what is carried over.
        classes: Of the samples, which take turns in the training set.
        epochs: By labels for each class, how long is trained.
    """
    return [
        vary(
            technique,
            base,
            f"{choice}_{labels}",
            f"{about}; {labels} labels a class",
            samples=classes * labels,
            epochs=budget,
            transfer=transfer,
            figures=("train_metric", "gap"),
        )
        for labels, budget in epochs.items()
        for choice, (about, transfer) in choices.items()
    ]


def over_scratch(choice: str, labels: int, because: str, **bounds: float) -> Expectation:
    """Return by how much accuracy a choice is expected to be above training from scratch."""
    return Expectation("metric", f"{choice}_{labels}", because, against=f"scratch_{labels}", **bounds)
