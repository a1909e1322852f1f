"""``twinbench watch``: follow a training."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import INCOMPLETE, AsJson, InPrecision, Results, fail, interruptible, split, tell


def watch(
    workload: Annotated[str, typer.Argument(help="A workload, or a technique's variant: optimizers.adam.")],
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; all that can if none.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the initial parameters and all else that is drawn.")] = 0,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs; by default the workload's.")] = None,
    precision: InPrecision = "fp32",
    threads: Annotated[int, typer.Option(min=1, help="Cores per worker.")] = 1,
    folder: Annotated[Path | None, typer.Option("--to", help="Folder to write; by default below the results.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Train a workload in every arm and watch it: a live table, files for TensorBoard, a CSV file. No measurement."""
    import time

    from harness import registry
    from harness.monitoring.live import LiveTable
    from harness.monitoring.request import Request
    from harness.monitoring.watch import watch as carry_out

    found = registry.find_workload(workload)
    kind = registry.find_precision(precision)
    chosen = [registry.find_arm(name).name for name in split(arms)] or registry.able(found, kind)
    asked = Request(found, tuple(dict.fromkeys(chosen)), seed, epochs, kind, threads)
    to = folder or results / "watch" / f"{time.strftime('%Y%m%d-%H%M%S')}-{found.name}"
    if to.exists():
        fail(f"{to} is there already; name another folder with --to")
    typer.echo(f"follow it with: tensorboard --logdir {shlex.quote(os.path.relpath(to))}", err=True)
    with LiveTable(found, asked.arms, asked.budget) as table, interruptible():
        watched = carry_out(asked, to, table)
    if as_json:
        document = {"workload": found.name, "folder": str(to), "arms": [one.as_dict() for one in watched]}
        typer.echo(json.dumps(document, indent=1))
    else:
        tell(table.table(), 120)
        typer.echo(f"scalars: {os.path.relpath(to / 'scalars.csv')}")
    if any(one.reason for one in watched):
        raise typer.Exit(INCOMPLETE)
