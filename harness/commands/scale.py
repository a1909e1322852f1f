"""``twinbench scale``: how the time of a train step grows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.commands.parts import INCOMPLETE, AsJson, Results, fail, interruptible, split, tell

DEFAULT = "1,2,4,8,16,32,64,128,256"


def scale(
    workload: Annotated[str, typer.Argument(help="Whose train step it is.")],
    over: Annotated[
        str, typer.Option(help="batch, threads, or a whole number of the architecture, as depth.")
    ] = "batch",
    values: Annotated[str, typer.Option(help=f"Of it, separated by commas; {DEFAULT} of a batch by default.")] = "",
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; by default all that can.")] = "",
    precision: Annotated[str, typer.Option(help="fp32, tf32, bf16, fp16 or fp64.")] = "fp32",
    device: Annotated[Literal["cpu", "gpu"], typer.Option(help="What to compute on.")] = "cpu",
    launches: Annotated[
        int, typer.Option(min=1, max=1000, help="Times to go through the values, in fresh processes.")
    ] = 2,
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="Blocks at each value in each launch.")] = 4,
    block_ms: Annotated[float, typer.Option(min=1.0, help="Duration that a block is sized for.")] = 200.0,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores per worker, where they do not vary.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Time a train step over batch size, threads, or size of the network; fit exponents, and see where arms bend."""
    from harness import registry
    from harness.limits import ceilings, filed, output, scaling
    from harness.report import scales

    kind = registry.find_precision(precision)
    chosen = _values(values, over, ceilings.cores(None))
    rivals = split(arms) or registry.able(registry.find_workload(workload), kind, device)
    asked = scaling.Request(
        workload, over, chosen, tuple(dict.fromkeys(rivals)), kind, ceilings.cores(threads), device,
        launches, rounds, block_ms,
    )  # fmt: skip
    asked.check()
    with interruptible():
        found = scaling.measure(asked, lambda what: typer.echo(what, err=True))
    path = filed.write_scaling(results, found)
    scales.picture(found).savefig(path.with_suffix(".png"), dpi=120)
    if as_json:
        typer.echo(json.dumps(found.model_dump(mode="json"), indent=1))
    else:
        tell(output.scaling(found), 160)
    typer.echo(f"scaling: {os.path.relpath(path)}, and a picture beside it", err=True)
    if scaling.wanting(found):
        raise typer.Exit(INCOMPLETE)


def _values(asked: str, over: str, cores: int) -> tuple[int, ...]:
    if not asked:
        if over not in ("batch", "threads"):
            fail(f"--values is missing: which values of {over} are meant?")
        return tuple(int(value) for value in DEFAULT.split(",") if over == "batch" or int(value) <= cores)
    try:
        return tuple(int(value) for value in split(asked))
    except ValueError:
        fail(f"--values takes whole numbers separated by commas, not {asked!r}")
