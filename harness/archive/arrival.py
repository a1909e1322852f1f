"""Runs of other machines taken in among ours: copied whole, after every file has been checked."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from harness.store.folder import RunFolder, RunFolderError


def find(source: Path) -> list[RunFolder]:
    """Return the runs in a folder: itself, or those within it, or within its ``runs``.

    Raises:
        RunFolderError: If there is none.
    """
    if (source / "run.json").is_file():
        return [RunFolder(source)]
    found = sorted({path.parent for pattern in ("*/run.json", "runs/*/run.json") for path in source.glob(pattern)})
    if not found:
        raise RunFolderError(f"no run in {source}")
    return [RunFolder(path) for path in found]


def take(run: RunFolder, runs: Path) -> bool:
    """Copy a run among ours; return False if it is there already, record by record.

    Logs and what is derived stay behind.

    Raises:
        RunFolderError: If the run or a record of it is damaged, or another run of ours has its name.
    """
    manifest = run.read_manifest()
    records, quarantined = run.read_records()
    if quarantined:
        raise RunFolderError(f"{run.path} is damaged and not taken in: {'; '.join(one.reason for one in quarantined)}")
    ours = RunFolder(runs / manifest.run)
    if Path(manifest.run).name != manifest.run or manifest.run.startswith("."):
        raise RunFolderError(f"{run.path} calls itself {manifest.run!r}, which is no name of a folder")
    if ours.path.exists():
        if ours.begun and ours.read_manifest() == manifest and ours.read_records()[0] == records:
            return False
        raise RunFolderError(f"{ours.path} is another run of that name; rename one of the two")
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runs, prefix=".arriving-") as scratch:
        whole = Path(scratch) / manifest.run
        shutil.copytree(run.records, whole / "records")
        shutil.copy2(run.path / "run.json", whole / "run.json")
        whole.rename(ours.path)
    return True
