"""How far the float32 outputs of each pair stray from float64: measured over seeds, on file in ``bands.json``.

The file is written by ``twinbench parity … --gate forward --seeds 20 --write-bands``, read by the gate ``forward``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path

from harness import registry
from harness.parity.gates import FORWARD_SINGLE
from harness.parity.seeds import Worst
from harness.store.atomic import write_atomically

FILE = Path(str(files("harness.parity")), "bands.json")


@dataclass(frozen=True)
class Band:
    """What was measured of an arm's half of a workload.

    Attributes:
        largest: The largest error of all outputs and layers over the seeds, relative as in ``harness.parity.errors``.
        median: Of the seeds' largest errors.
        seeds: How many there were.
        versions: Of what the arm runs on.
    """

    largest: float
    median: float
    seeds: int
    versions: Mapping[str, str] = field(default_factory=dict)


@functools.cache
def on_file(path: Path = FILE) -> dict[tuple[str, str], Band]:
    """Return the bands by workload and arm; none if there is no file."""
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return {(workload, arm): Band(**band) for workload, arms in content.items() for arm, band in arms.items()}


def largest(workload: str, arm: str) -> float | None:
    """Return the largest error on file for an arm's half of a workload; None if there is none."""
    band = on_file().get((workload, arm))
    return band.largest if band else None


def update(measured: Sequence[Worst], path: Path = FILE) -> list[str]:
    """Put what was measured of each pair in the place of what was on file, and return whose bands these are.

    Raises:
        OSError: If the file cannot be written.
    """
    found = dict(on_file(path))
    written = []
    for worst in measured:
        finding = worst.finding
        if finding.gate == FORWARD_SINGLE and finding.passed and finding.figure is not None:
            versions = registry.versions(registry.find_arm(finding.arm))
            found[finding.workload, finding.arm] = Band(finding.figure, worst.median, worst.seeds, versions)
            written.append(f"{finding.workload} ({finding.arm})")
    content: dict[str, dict[str, object]] = {}
    for (workload, arm), band in sorted(found.items()):
        content.setdefault(workload, {})[arm] = asdict(band)
    write_atomically(path, json.dumps(content, indent=1) + "\n")
    on_file.cache_clear()
    return written
