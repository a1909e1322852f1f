"""``twinbench breakdown``: where the time of a train step goes."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import (
    INCOMPLETE,
    Arms,
    AsJson,
    BlockMs,
    InPrecision,
    Results,
    Threads,
    interruptible,
    present,
    split,
)


def breakdown(
    workload: Annotated[str, typer.Argument(help="Whose train step it is.")],
    arms: Arms = "",
    parts: Annotated[str, typer.Option(help="Only these parts, by commas, and nothing on file; by default all.")] = "",
    precision: InPrecision = "fp32",
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="Blocks of each part.")] = 8,
    block_ms: BlockMs = 200.0,
    threads: Threads = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Measure the parts of a train step, each by itself: input, forward, backward, optimizer, calls."""
    from harness import registry
    from harness.limits import breakdown, ceilings, filed
    from harness.report import limits
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
    if found or as_json:
        present(found, as_json, lambda: limits.breakdown_sheet(found).console(), 150)
    if failed or any(map(breakdown.wanting, found)):
        raise typer.Exit(INCOMPLETE)


def _tell(arm: str, what: str) -> None:
    typer.echo(f"{arm}: {what}", err=True)
