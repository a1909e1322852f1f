"""What gates found at many seeds, brought down to the worst of each."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness import registry
from harness.measure.environment import source_sha256
from harness.parity.gates import Finding


@dataclass(frozen=True)
class Worst:
    """One gate of one half, or of one technique of an arm, over seeds.

    Attributes:
        finding: That of the worst seed: a failed one, or else the one nearest to its bound.
        seeds: How many were tried.
        failed: The seeds at which it failed.
        median: Of the figures at all seeds; NaN if it counts nothing.
    """

    finding: Finding
    seeds: int
    failed: tuple[int, ...]
    median: float

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON: the fields of the worst finding, and beside them what is known of the others."""
        median = self.median if math.isfinite(self.median) else None
        return {**self.finding.as_dict(), "median": median, "seeds": self.seeds, "failed": list(self.failed)}


def worst(findings: Iterable[Finding]) -> list[Worst]:
    """Return the worst finding of each gate of each half, in the order in which they first appear."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.workload, finding.arm, finding.gate), []).append(finding)
    return [
        Worst(
            finding=max(group, key=_badness),
            seeds=len(group),
            failed=tuple(finding.seed for finding in group if not finding.passed),
            median=statistics.median([math.nan if f.figure is None else f.figure for f in group]),
        )
        for group in groups.values()
    ]


def document(found: Sequence[Worst], seeds: Sequence[int]) -> dict[str, Any]:
    """Return what was found as one document, with the code and the versions that it holds for."""
    arms = dict.fromkeys(one.finding.arm for one in found)
    return {
        "seeds": list(seeds),
        "source_sha256": source_sha256(),
        "versions": {arm: registry.versions(registry.find_arm(arm)) for arm in arms},
        "findings": [one.as_dict() for one in found],
    }


def as_findings(found: Iterable[Worst]) -> list[Finding]:
    """Return the worst findings, each with a note of how many seeds it is the worst of."""
    return [dataclasses.replace(one.finding, note=_note(one)) for one in found]


def _note(one: Worst) -> str | None:
    failed = f"failed at {len(one.failed)} of {one.seeds} seeds" if one.failed else None
    return "; ".join(filter(None, [one.finding.note, failed])) or None


def _badness(finding: Finding) -> tuple[bool, float]:
    if finding.figure is None:
        return not finding.passed, 0.0
    return not finding.passed, finding.figure / finding.bound if finding.bound else finding.figure
