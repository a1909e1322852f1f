"""The tables of runs as files: CSV, Parquet, JSON."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from harness.archive.tables import METADATA, rows
from harness.store.atomic import replacing, write_atomically
from harness.store.folder import RunFolder

FORMS = ("csv", "parquet", "json")


class ExportFault(ValueError):
    """An export that cannot be made here. The message says why and what would do."""


def gather(folders: Iterable[RunFolder]) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Return the rows of all tables of some runs, and why records of theirs were left out.

    Raises:
        RunFolderError: If one of the folders holds no run that can be read.
    """
    found: dict[str, list[dict[str, Any]]] = {table.name: [] for table in METADATA.sorted_tables}
    left_out = []
    for folder in folders:
        manifest = folder.read_manifest()
        records, quarantined = folder.read_records()
        left_out += [one.reason for one in quarantined]
        for name, new in rows(manifest, records).items():
            found[name] += new
    return found, left_out


def write(found: Mapping[str, list[dict[str, Any]]], folder: Path, form: str) -> list[Path]:
    """Write a file for each table, ``cells.csv`` and so on, or with "json" one file of all, and return the paths.

    ``form`` is one of ``FORMS``.

    Raises:
        ExportFault: If the form needs a package that is not installed.
        OSError: If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if form == "json":
        path = folder / "runs.json"
        write_atomically(path, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return [path]
    if form == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ExportFault("Parquet needs the extra parquet: pip install 'twinbench[parquet]'")
    written = []
    for table in METADATA.sorted_tables:
        frame = pd.DataFrame(found[table.name], columns=[column.name for column in table.columns])
        path = folder / f"{table.name}.{form}"
        with replacing(path) as whole:
            if form == "csv":
                frame.to_csv(whole, index=False)
            else:
                frame.convert_dtypes().to_parquet(whole, index=False)
        written.append(path)
    return written
