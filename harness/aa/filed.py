"""Certificates on file: below the results, one for each time that an arm raced itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.schema import Certificate
from harness.store import envelope
from harness.store.envelope import Unreadable

NAME = "certificate.json"
NEWEST = 1


def write(folder: Path, certificate: Certificate) -> None:
    """Put a certificate on file."""
    envelope.write(folder / NAME, certificate.model_dump(mode="json"))


def latest(folder: Path, arms: Collection[str], machine: Mapping[str, Any]) -> list[Certificate]:
    """Return the last certificate of each arm that was made on such a machine with nobody else at work on purpose.

    What cannot be read is left out: a certificate is said beside a run, and no figure of the run rests on it.

    Args:
        folder: Where the races stand.
        arms: Whose are wanted.
        machine: What is known of this one (``fingerprint``).
    """
    found: dict[str, Certificate] = {}
    for path in folder.glob(f"*/{NAME}"):
        try:
            one = Certificate.model_validate(envelope.read(path, newest=NEWEST))
        except (Unreadable, ValidationError):
            continue
        here = (one.cpu, one.cores) == (machine["cpu"], machine["cores_used"])
        if here and one.arm in arms and not one.load and (one.arm not in found or one.created > found[one.arm].created):
            found[one.arm] = one
    return [found[arm] for arm in arms if arm in found]
