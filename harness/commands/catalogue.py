"""``twinbench list`` and ``show``: what there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import INCOMPLETE, AsJson, Results, fail, tell


def list_(
    what: Annotated[
        str, typer.Argument(help="suites, workloads, techniques, architectures, baselines or arms; all if not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show what can be run. Imports no framework."""
    from harness import listing

    if what and what not in listing.KINDS:
        fail(f"cannot list {what!r}; known: {', '.join(listing.KINDS)}")
    chosen = {kind: listing.KINDS[kind]() for kind in ([what] if what else listing.KINDS)}
    if as_json:
        typer.echo(json.dumps(chosen[what] if what else chosen, indent=1))
        return
    typer.echo("\n\n".join(listing.as_text(kind, rows) for kind, rows in chosen.items()))


def show(
    name: Annotated[str, typer.Argument(help="A workload, or an architecture: resnet20, LeNet5, mlp.")],
    svg: Annotated[Path | None, typer.Option(help="Where the diagram goes; by default into the results.")] = None,
    arm: Annotated[str, typer.Option(help="Which arm tells the layers; by default the first that runs here.")] = "",
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Show an architecture: its two halves side by side, its layers, and a diagram of them."""
    from harness import anatomy

    found = anatomy.take_apart(anatomy.find(name), arm)
    if found.model:
        path = svg or results / "architectures" / f"{found.workload.name}.svg"
        if svg is None:
            path.parent.mkdir(parents=True, exist_ok=True)
        found.draw(path)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1))
    else:
        tell(found.page(), 160)
        if found.model:
            typer.echo(f"diagram: {path}")
    if found.reason:
        typer.echo(f"twinbench: no layers and no diagram: {found.reason}", err=True)
        raise typer.Exit(INCOMPLETE)
