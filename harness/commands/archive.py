"""``twinbench index``, ``query``, ``export`` and ``import``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import AsJson, Results, tell

Url = Annotated[str, typer.Option("--url", envvar="TWINBENCH_INDEX", help="Of the index; sqlite:///RESULTS/index.db.")]


def index(url: Url = "", results: Results = Path("results")) -> None:
    """Build the SQL index of all runs anew, in SQLite or PostgreSQL (docs/archive.md has its tables)."""
    from harness.archive import index
    from harness.store import shelf

    where = index.address(url, results)
    runs = shelf.newest_first(results / "runs")
    if not runs:
        raise index.IndexFault(f"no run in {results / 'runs'}")
    built = index.build(where, runs)
    for reason in built.left_out:
        typer.echo(f"twinbench: left out: {reason}", err=True)
    typer.echo(f"index: {index.shown(where)}: {built.records} records of {built.runs} runs")


def query(
    sql: Annotated[str, typer.Argument(help="A query that gives rows.")],
    url: Url = "",
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Ask the index in SQL; it is opened for reading only."""
    from rich.table import Table
    from rich.text import Text

    from harness.archive import index

    columns, rows = index.ask(index.address(url, results), sql)
    if as_json:
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(
            *(
                Text("" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value))
                for value in row
            )
        )
    tell(table, 200)


def export(
    run_names: Annotated[
        list[str] | None, typer.Argument(metavar="RUN…", help="Names or folders; by default all.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="csv, parquet, json: tables; tensorboard, mlflow: curves and figures.")
    ] = "csv",
    to: Annotated[
        Path | None, typer.Option(help="Folder to write to; by default export, or MLflow's MLFLOW_TRACKING_URI.")
    ] = None,
    results: Results = Path("results"),
) -> None:
    """Write runs for other tools: as tables of runs, cells, epochs and blocks, for TensorBoard, or into MLflow."""
    from harness.archive import files
    from harness.registry import UnknownName
    from harness.store import shelf

    if form not in (forms := (*files.FORMS, "tensorboard", "mlflow")):
        raise UnknownName("format", form, forms)
    folders = [shelf.run_folder(name, results) for name in run_names or []] or shelf.newest_first(results / "runs")
    if not folders:
        raise files.ExportFault(f"no run in {results / 'runs'}")
    place = to or Path("export")
    if form == "tensorboard":
        from harness.archive import events

        paths, left_out = events.write(folders, place)
        told = [*map(str, paths), f"follow it with: tensorboard --logdir {shlex.quote(str(place))}"]
    elif form == "mlflow":
        from harness.archive import tracking

        where = tracking.address(to)
        cells, left_out = tracking.write(folders, where)
        told = [f"{cells} cells of {len(folders)} runs to {tracking.shown(where)}"]
    else:
        found, left_out = files.gather(folders)
        told = list(map(str, files.write(found, place, form)))
    for reason in left_out:
        typer.echo(f"twinbench: left out: {reason}", err=True)
    for line in told:
        typer.echo(f"export: {line}")


def import_(
    sources: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Runs, or folders that hold runs.")],
    results: Results = Path("results"),
) -> None:
    """Take in runs of other machines; every record is checked, and what is here already is left alone."""
    from harness.archive import arrival

    found = [run for source in sources for run in arrival.find(source)]
    for run in found:
        word = "taken in" if arrival.take(run, results / "runs") else "here already"
        typer.echo(f"import: {run.path}: {word}")
