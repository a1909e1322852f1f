"""Where runs stand: found by name, by folder, or the newest."""

from __future__ import annotations

import os
from pathlib import Path

from harness.registry import UnknownName
from harness.store.folder import RunFolder, RunFolderError


def newest_first(runs: Path) -> list[RunFolder]:
    """Return the runs in a folder of runs."""
    manifests = sorted(runs.glob("*/run.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [RunFolder(path.parent) for path in manifests]


def find(runs: Path, name: str) -> RunFolder:
    """Return the run of that name, or without a name the newest.

    Raises:
        RunFolderError: If there is none at all.
        UnknownName: If there are others.
    """
    found = {folder.path.name: folder for folder in newest_first(runs)}
    if not found:
        raise RunFolderError(f"no run in {runs}")
    if name and name not in found:
        raise UnknownName("run", name, found)
    return found[name] if name else next(iter(found.values()))


def run_folder(name: str, results: Path) -> RunFolder:
    """Return the folder of a run, given by its name or as a path; by default that of the last one.

    Raises:
        RunFolderError: As ``find``.
        UnknownName: As ``find``.
    """
    folder = RunFolder(Path(name))
    return folder if folder.begun or os.sep in name else find(results / "runs", name)
