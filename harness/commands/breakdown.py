"""``twinbench breakdown``: where the time of a train step goes."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import INCOMPLETE, AsJson, Results, interruptible, split, tell


def breakdown(
    workload: Annotated[str, typer.Argument(help="Whose train step it is.")],
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; by default all that can.")] = "",
    parts: Annotated[str, typer.Option(help="Only these parts, by commas, and nothing on file; by default all.")] = "",
    precision: Annotated[str, typer.Option(help="fp32, tf32, bf16, fp16 or fp64.")] = "fp32",
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="Blocks of each part.")] = 8,
    block_ms: Annotated[float, typer.Option(min=1.0, help="Duration that a block is sized for.")] = 200.0,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores per worker.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Measure the parts of a train step, each by itself: input, forward, backward, optimizer, calls."""
    from harness import registry
    from harness.limits import breakdown, ceilings, filed, output
    from harness.run.process import WorkerFailure

    kind = registry.find_precision(precision)
    asked = [
        breakdown.Request(arm, workload, kind, ceilings.cores(threads), split(parts), rounds, block_ms)
        for arm in breakdown.named(split(arms), split(parts), kind, workload)
    ]
    for one in asked:
        one.check()
    registry.load_dataset(registry.find_workload(workload).dataset)
    found, failed = [], False
    for one in asked:
        try:
            with interruptible():
                made = breakdown.measure(one, functools.partial(_tell, one.arm))
        except WorkerFailure as failure:
            typer.echo(f"twinbench: {one.arm}: {failure}", err=True)
            failed = True
            continue
        found.append(made)
        if not one.parts:  # some parts are no breakdown: on file they would displace a whole one
            typer.echo(f"breakdown: {os.path.relpath(filed.write_breakdown(results, made))}", err=True)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=1))
    elif found:
        tell(output.breakdowns(found), 150)
    if failed or any(map(breakdown.wanting, found)):
        raise typer.Exit(INCOMPLETE)


def _tell(arm: str, what: str) -> None:
    typer.echo(f"{arm}: {what}", err=True)
