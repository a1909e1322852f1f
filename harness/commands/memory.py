"""``twinbench memory``: what memory a train step takes by batch size, and the largest batch that fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import (
    INCOMPLETE,
    Arms,
    AsJson,
    OnDevice,
    Results,
    Threads,
    interruptible,
    present_filed,
    split,
)

DEFAULT_SHARE = 0.25
"""Of the memory that is available, on a CPU."""


def memory(
    workload: Annotated[str, typer.Argument(help="Whose train step it is; a technique: of all its variants.")],
    arms: Arms = "",
    precision: Annotated[
        str, typer.Option("--precision", help="fp32, tf32, bf16, fp16 or fp64; several separated by commas.")
    ] = "fp32",
    device: OnDevice = "cpu",
    limit_mib: Annotated[
        int | None,
        typer.Option(
            "--limit-mib", min=1, help="What may be taken; by default a quarter of what is available, on a GPU all."
        ),
    ] = None,
    threads: Threads = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Find the largest batch that fits into memory, by bisection, and what every further sample takes."""
    from harness import registry
    from harness.limits import batches, ceilings, filed
    from harness.report import batches as shown

    kinds = tuple(dict.fromkeys(registry.find_precision(name) for name in split(precision)))
    able = [registry.able(spec, kind, device) for spec in registry.find_workloads(workload) for kind in kinds]
    rivals = split(arms) or [arm for arm in registry.arms() if able and all(arm in of for of in able)]
    limit = None if limit_mib is None else limit_mib * 2**20
    if limit is None and device == "cpu" and (spare := batches.available_bytes()) is not None:
        limit = int(DEFAULT_SHARE * spare)
    asked = batches.Request(workload, tuple(dict.fromkeys(rivals)), kinds, ceilings.cores(threads), device, limit)
    asked.check()
    with interruptible():
        found = batches.measure(asked, lambda what: typer.echo(what, err=True))
    path = filed.write_memory(results, found)
    present_filed("memory", path, shown.picture(found), found, as_json, shown.sheet(found).console)
    if any(point.reason for one in found.lines for point in one.points):
        raise typer.Exit(INCOMPLETE)
