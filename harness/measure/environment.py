"""The machine, the software and the state that a run's figures belong to."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.contract import Device

SOURCES = ("benchmarks", "harness", "models_keras", "models_numpy", "models_sklearn", "models_torch")
NOT_MEASURING = (
    *("aa", "advice", "archive", "cli.py", "commands", "compare", "dashboard", "doctor.py", "exports", "gate"),
    *("limits", "listing.py", "progress.py", "report", "stats.py", "store"),
)
"""Parts of the harness that cannot change a measurement: editing them keeps finished cells valid."""


def fingerprint(device: Device = "cpu") -> dict[str, Any]:
    """Return what is known of the machine and its state, flat, in the order in which it is read best.

    Args:
        device: What is measured on: of a GPU that is known too.
    """
    return {
        **(_gpu() if device == "gpu" else {}),
        "cpu": _cpu_model(),
        "cores_used": len(os.sched_getaffinity(0)),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "isa": " ".join(flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in _cpu_flags()),
        "hypervisor": "hypervisor" in _cpu_flags(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "kernel": platform.release(),
        "system": _system(),
        "python": platform.python_version(),
        "transparent_huge_pages": _read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "pressure_stall_information": Path("/proc/pressure/cpu").exists(),
        "load_average": os.getloadavg()[0],
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": None if (status := _git("status", "--porcelain")) is None else bool(status),
        "source_sha256": source_sha256(),
        "packages_sha256": _packages_sha256(),
    }


def visible_device(variables: Mapping[str, str]) -> str:
    """Return the GPU that workers compute on: number 0 in the order of the PCI bus, or the first one named.

    Args:
        variables: Of the environment; ``CUDA_VISIBLE_DEVICES`` names devices, by number or UUID, or none of them.
    """
    return variables.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0].strip()


def _gpu() -> dict[str, Any]:
    """Return what NVML tells of the GPU; nothing where there is none, and workers will say so."""
    from harness.measure.gpu import described  # NVML's module takes 20 ms that others need not spend

    return described(visible_device(os.environ))


def source_sha256() -> str:
    """Return a hash over all code that can change a measurement, as it was when this process asked first."""
    return _first_hash(os.environ.get("TWINBENCH_ARMS", ""))


@functools.cache
def _first_hash(_arms: str) -> str:
    return hash_sources()


def hash_sources() -> str:
    """Return the same hash of the code as it is now, that of further arms (``TWINBENCH_ARMS``) included."""
    digest = hashlib.sha256()
    further = {name.partition(".")[0] for name in os.environ.get("TWINBENCH_ARMS", "").split(",") if name}
    for package in (*SOURCES, *sorted(further - {*SOURCES})):
        for root, path in _sources(package):
            inside = path.relative_to(root).as_posix()
            if package != "harness" or not inside.startswith(NOT_MEASURING):
                digest.update(f"{package}/{inside}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(package: str) -> list[tuple[Path, Path]]:
    """Return a package's folders, each with the files in it; a module by itself has one file."""
    spec = importlib.util.find_spec(package)
    roots = [Path(root) for root in (spec.submodule_search_locations or ())] if spec else []
    if spec and not roots and spec.origin:
        return [(Path(spec.origin).parent, Path(spec.origin))]
    return [(root, path) for root in roots for path in sorted(root.rglob("*.py"))]


def library_versions() -> dict[str, str]:
    """Return the versions of what twinbench needs whatever the arms: datasets come from there, and arithmetic."""
    try:
        asked = importlib.metadata.requires("twinbench") or []
        names = [re.match(r"[\w.-]+", line) for line in asked if "extra ==" not in line]
        return {name[0]: importlib.metadata.version(name[0]) for name in names if name}
    except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return {}


def last_cache_bytes(folder: Path = Path("/sys/devices/system/cpu")) -> int | None:
    """Return the bytes of all caches of the last level that the cores we may use have; None if the kernel is silent.

    Args:
        folder: Where the kernel tells of each core. Cores that share a cache say so, and it counts once.
    """
    found: dict[str, int] = {}
    for core in os.sched_getaffinity(0):
        caches = [_cache(index) for index in (folder / f"cpu{core}" / "cache").glob("index*")]
        if known := [cache for cache in caches if cache]:
            _, shared, size = max(known)
            found[shared] = size
    return sum(found.values()) or None


def _cache(index: Path) -> tuple[int, str, int] | None:
    """Return the level of a cache, the cores that share it and its bytes, as far as the kernel tells all three."""
    level, shared, size = (_read(str(index / name)) for name in ("level", "shared_cpu_list", "size"))
    if not (level and shared and size and size.removesuffix("K").isdecimal()):
        return None
    return int(level), shared, int(size.removesuffix("K")) * 1024


def _packages_sha256() -> str:
    installed = {f"{dist.metadata['Name']}=={dist.version}" for dist in importlib.metadata.distributions()}
    return hashlib.sha256("\n".join(sorted(installed)).encode()).hexdigest()


@functools.cache
def _cpuinfo() -> dict[str, str]:
    text = _read("/proc/cpuinfo") or ""
    pairs = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _cpu_model() -> str:
    info = _cpuinfo()
    name = info.get("model name") or platform.processor() or platform.machine()
    if "model" not in info:
        return name
    return f"{name} (family {info.get('cpu family')}, model {info['model']}, stepping {info.get('stepping')})"


def _cpu_flags() -> set[str]:
    return set(_cpuinfo().get("flags", "").split())


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def _git(*arguments: str) -> str | None:
    """Ask git about the checkout that this code lies in, if it lies in one and git is there."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
