"""``twinbench scale``: how the time of a train step grows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import (
    INCOMPLETE,
    Arms,
    AsJson,
    BlockMs,
    InPrecision,
    OnDevice,
    Results,
    fail,
    interruptible,
    present_filed,
    split,
)

DEFAULT = "1,2,4,8,16,32,64,128,256"


def scale(
    workload: Annotated[str, typer.Argument(help="Whose train step it is.")],
    over: Annotated[
        str, typer.Option(help="batch, threads, or a whole number of the architecture, as depth.")
    ] = "batch",
    values: Annotated[str, typer.Option(help=f"Of it, separated by commas; {DEFAULT} of a batch by default.")] = "",
    arms: Arms = "",
    precision: InPrecision = "fp32",
    device: OnDevice = "cpu",
    launches: Annotated[
        int, typer.Option(min=1, max=1000, help="Times to go through the values, in fresh processes.")
    ] = 2,
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="Blocks at each value in each launch.")] = 4,
    block_ms: BlockMs = 200.0,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores per worker, where they do not vary.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Time a train step over batch size, threads, or size of the network; fit exponents, and see where arms bend."""
    from harness import registry
    from harness.limits import ceilings, filed, scaling
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
    present_filed("scaling", path, scales.picture(found), found, as_json, scales.sheet(found).console)
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
