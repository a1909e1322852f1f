"""Exports on file, below the results: by arm, workload and versions, the last of each kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from harness.schema import Exports
from harness.store import envelope
from harness.store.envelope import Unreadable

NEWEST = 1
FOLDER = "exports"
"""In that of results."""


def write(results: Path, found: Exports) -> Path:
    """Put exports on file, in place of older ones of the same arm, workload and versions."""
    known = json.dumps([found.versions, found.packages], sort_keys=True)
    name = f"{found.arm}-{found.workload}-{hashlib.sha256(known.encode()).hexdigest()[:16]}.json"
    path = results / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    envelope.write(path, found.model_dump(mode="json"))
    return path


def read(results: Path, versions: Mapping[str, Mapping[str, str]]) -> list[Exports]:
    """Return the last exports of each arm on each workload, of these versions, in the order of workloads.

    What cannot be read is left out.

    Args:
        results: Where ``exports/`` stands.
        versions: Of each arm's distributions.
    """
    last: dict[tuple[str, str], Exports] = {}
    for path in sorted((results / FOLDER).glob("*.json")):
        try:
            one = Exports.model_validate(envelope.read(path, newest=NEWEST))
        except (Unreadable, ValidationError):
            continue
        key = one.workload, one.arm
        if versions.get(one.arm) == one.versions and (key not in last or one.created > last[key].created):
            last[key] = one
    return [last[key] for key in sorted(last)]
