"""Look over an installation and a machine before measuring on it."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from pathlib import Path
from typing import Literal

from harness import registry

OURS = ("benchmarks", "harness", "models_keras", "models_numpy", "models_sklearn", "models_torch")
BUSY = 0.5


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    grade: Literal["ok", "note", "error"]
    subject: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """Return the finding for JSON."""
        return dataclasses.asdict(self)


def examine() -> list[Finding]:
    """Return all findings; an ``error`` means that results could not be trusted."""
    return [*packages(), *frameworks(), *machine()]


def packages() -> list[Finding]:
    """Check that our packages, whose names are common words, are ours and not another project's."""
    home = Path(__file__).resolve().parents[1]
    findings = []
    for name in OURS:
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve().parents[1] if spec and spec.origin else None
        if found == home:
            findings.append(Finding("ok", name, f"found in {home}"))
        else:
            findings.append(Finding("error", name, f"resolves to {found}, not to {home}; rename or move the other one"))
    return findings


def frameworks() -> list[Finding]:
    """Tell which arms can run."""
    findings = []
    for name, spec in registry.arms().items():
        reason = registry.missing(spec)
        versions = ", ".join(f"{key} {value}" for key, value in registry.versions(spec).items())
        findings.append(Finding("note" if reason else "ok", f"arm {name}", reason or versions))
    return findings


def machine() -> list[Finding]:
    """Tell what of the machine helps or disturbs a measurement."""
    cores = len(os.sched_getaffinity(0))
    findings = [Finding("ok", "cores", f"{cores} may be used")]
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not pages.exists() or "[never]" in pages.read_text():
        message = "off: identical processes may differ by 10 % for as long as they live; set them to madvise"
        findings.append(Finding("note", "huge pages", message))
    else:
        findings.append(Finding("ok", "huge pages", pages.read_text().strip()))
    if Path("/proc/pressure/cpu").exists():
        findings.append(Finding("ok", "pressure-stall information", "available: contention can be seen"))
    else:
        findings.append(Finding("note", "pressure-stall information", "missing: contention cannot be seen"))
    load = os.getloadavg()[0]
    if load > BUSY:
        findings.append(Finding("note", "load", f"{load:.2f}: something else is running; time will be contended"))
    else:
        findings.append(Finding("ok", "load", f"{load:.2f}"))
    return findings
