"""Where two runs come from: what they have in common, what changed, and whether their figures may be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.schema import Manifest

MACHINE = (
    "cpu", "cores", "cores_used", "memory_gib", "isa", "hypervisor", "governor", "kernel", "system",
    "transparent_huge_pages", "gpu", "gpu_driver", "gpu_memory_gib", "gpu_power_limit_w", "gpu_sm_clock_limit_mhz",
    "gpu_ecc", "gpu_mig",
)  # fmt: skip
"""Fields of the fingerprint that make a machine. One that either run does not know tells nothing."""

CODE = ("python", "commit", "uncommitted_changes", "source_sha256")


class Incomparable(ValueError):
    """Two runs that must not be compared as asked. The message says why."""


@dataclass(frozen=True)
class Change:
    """One thing that is not the same in both runs."""

    what: str
    before: str
    after: str


def machines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return how the machines of two environments differ."""
    return _changes(MACHINE, before, after)


def versions(before: Manifest, after: Manifest) -> list[Change]:
    """Return how code, libraries and settings differ."""
    libraries = [{name: v for arm in run.arms for name, v in arm.versions.items()} for run in (before, after)]
    settings = [run.suite.model_dump(mode="json", exclude={"workloads", "name", "title"}) for run in (before, after)]
    return [
        *_changes(CODE, before.environment, after.environment),
        *_changes(sorted(libraries[0].keys() | libraries[1].keys()), *libraries),
        *_changes(list(settings[0]), *settings),
    ]


def require_same_machine(before: Manifest, after: Manifest) -> None:
    """Refuse runs of two machines.

    Raises:
        Incomparable: With what differs.
    """
    if found := machines(before.environment, after.environment):
        differing = "; ".join(f"{change.what}: {change.before} and {change.after}" for change in found)
        raise Incomparable(
            f"{before.run} and {after.run} come from two machines ({differing}); "
            "--across-machines compares what was measured relative to each run's reference arm"
        )


def _changes(fields: tuple[str, ...] | list[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    return [
        Change(field, _shown(before.get(field)), _shown(after.get(field)))
        for field in fields
        if before.get(field) is not None and after.get(field) is not None and before[field] != after[field]
    ]


def _shown(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:12] if len(text) == 40 or len(text) == 64 else text  # a hash
