"""Ceilings, breakdowns, scalings and memory on file, below the results: the last by machine, versions and threads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from harness import registry
from harness.limits import breakdown
from harness.schema import Breakdown, Ceiling, Ceilings, MemorySweep, Scaling
from harness.store import envelope
from harness.store.envelope import Unreadable

NEWEST = 1
CEILINGS, BREAKDOWNS, SCALING, MEMORY = "ceilings", "breakdowns", "scaling", "memory"
"""Their folders in that of results."""

Filed = TypeVar("Filed", Ceilings, Breakdown)


def write_ceilings(results: Path, found: Ceilings) -> Path:
    """Put ceilings on file, in place of older ones of the same machine, versions and threads."""
    return _write(results / CEILINGS / f"{_fingerprint(found, found.versions, found.gpu)}.json", found)


def write_breakdown(results: Path, found: Breakdown) -> Path:
    """Put a breakdown on file, in place of an older one of the same arm on the same machine."""
    name = f"{found.arm}-{found.workload}-{found.precision}-{_fingerprint(found, found.versions)}.json"
    return _write(results / BREAKDOWNS / name, found)


def write_scaling(results: Path, found: Scaling) -> Path:
    """Put how a workload scales on file, in place of an older one of the same arms on the same machine."""
    known = _fingerprint(found, {one.arm: one.versions for one in found.lines}, found.gpu)
    return _write(results / SCALING / f"{found.workload}-{found.over}-{found.precision}-{known}.json", found)


def write_memory(results: Path, found: MemorySweep) -> Path:
    """Put what memory a workload takes on file, in place of an older one of the same arms on the same machine."""
    known = _fingerprint(found, {f"{one.arm} {one.precision}": one.versions for one in found.lines}, found.gpu)
    return _write(results / MEMORY / f"{found.workload}-{known}.json", found)


def ceilings(results: Path, machine: Mapping[str, Any], threads: int) -> Ceilings | None:
    """Return the last ceilings of such a machine with so many threads, of the versions that are installed now.

    Each arm's are those that it was measured for last: who measured one arm anew has not lost the others.
    What cannot be read is left out: it is said beside a run, and no figure of the run rests on it.

    Args:
        results: Where ``ceilings/`` stands.
        machine: What is known of this one (``fingerprint``).
        threads: Of each process.
    """
    told = sorted(_read(results / CEILINGS, Ceilings, machine, threads), key=lambda one: one.created)
    last: dict[tuple[str, str, str | None], tuple[Ceilings, Ceiling]] = {}
    for one in told:
        for ceiling in one.found:
            if _installed(ceiling.arm, one.versions.get(ceiling.arm)):
                last[ceiling.arm, ceiling.kind, ceiling.dtype] = one, ceiling
    if not last:
        return None
    origins = sorted((one for one, _ in last.values()), key=lambda one: one.created)
    order = list(registry.every_arm())
    held = sorted((ceiling for _, ceiling in last.values()), key=lambda ceiling: order.index(ceiling.arm))
    versions = {arm: version for one in origins for arm, version in one.versions.items()}
    return origins[-1].model_copy(
        update={
            "found": held,
            "versions": {arm: versions[arm] for arm in dict.fromkeys(ceiling.arm for ceiling in held)},
            "since": None if origins[0].created == origins[-1].created else origins[0].created,
        }
    )


def breakdowns(results: Path, arms: Sequence[str], machine: Mapping[str, Any], threads: int) -> list[Breakdown]:
    """Return the last breakdown of each arm on each workload, likewise, of the code as it is now."""
    last: dict[tuple[str, str, str], Breakdown] = {}
    for one in _read(results / BREAKDOWNS, Breakdown, machine, threads):
        key = one.workload, one.precision, one.arm
        wanted = one.arm in arms and _installed(one.arm, one.versions) and one.source_sha256 == breakdown.sources()
        if wanted and (key not in last or one.created > last[key].created):
            last[key] = one
    return sorted(last.values(), key=lambda one: (one.workload, one.precision, arms.index(one.arm)))


def _read(folder: Path, kind: type[Filed], machine: Mapping[str, Any], threads: int) -> Iterator[Filed]:
    for path in sorted(folder.glob("*.json")):
        try:
            one = kind.model_validate(envelope.read(path, newest=NEWEST))
        except (Unreadable, ValidationError):
            continue
        of_device = one.gpu if isinstance(one, Ceilings) else None
        found = (one.cpu, one.cores, one.threads, of_device)
        if found == (machine["cpu"], machine["cores_used"], threads, machine.get("gpu")):
            yield one


def _write(path: Path, found: Ceilings | Breakdown | Scaling | MemorySweep) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    envelope.write(path, found.model_dump(mode="json"))
    return path


def _fingerprint(
    found: Ceilings | Breakdown | Scaling | MemorySweep,
    versions: Mapping[str, str | dict[str, str]],
    gpu: str | None = None,
) -> str:
    """Return a hash of the machine, the versions and the threads."""
    known = [found.cpu, found.cores, found.threads, versions, *([gpu] if gpu else [])]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def _installed(arm: str, versions: Mapping[str, str] | None) -> bool:
    known = registry.every_arm()
    return arm in known and registry.versions(known[arm]) == versions
