"""Runs as files for TensorBoard, which opens a folder of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.archive.files import ExportFault
from harness.monitoring.curves import Curves, part
from harness.store.folder import RunFolder, latest


def write(folders: Iterable[RunFolder], to: Path) -> tuple[list[Path], list[str]]:
    """Write curves and figures of runs, each into a folder of its own, and return these, and what was left out.

    Raises:
        ExportFault: If a run has its folder already: TensorBoard would take two exports for one training.
        RunFolderError: If one of the folders holds no run that can be read.
        UnknownName: If a run has a workload that does not exist any more.
        OSError: If a file cannot be written.
    """
    runs = {to / part(folder.read_manifest().run): folder for folder in folders}
    if there := [place for place in runs if place.exists()]:
        raise ExportFault(f"{there[0]} is there already; name another folder with --to")
    left_out = []
    for place, folder in runs.items():
        records, quarantined = folder.read_records()
        left_out += [one.reason for one in quarantined]
        curves = Curves(place)
        for record in latest(records):
            curves.record(record)
    return [place for place in runs if place.exists()], left_out
