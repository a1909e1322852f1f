"""``twinbench convert``: carry weights across."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import FAILED, AsJson, interruptible


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="model.safetensors, or model.weights.h5.")],
    workload: Annotated[str, typer.Option(help="Whose architecture the weights belong to.")],
    to: Annotated[str, typer.Option(help="keras (from .safetensors) or torch (from .weights.h5).")],
    output: Annotated[Path | None, typer.Option(help="File to write; by default IN with the other ending.")] = None,
    arm: Annotated[str, typer.Option(help="Which Keras arm; by default the first that can run here.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Carry trained weights of a pair from PyTorch to Keras or back; nothing is written unless all fits."""
    from harness.convert import HalvesDisagree, as_text
    from harness.convert import convert as carry

    try:
        with interruptible():
            done = carry(source, workload, to, output, arm, force=force)
    except HalvesDisagree as error:
        typer.echo(f"twinbench: {error}", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(json.dumps(done.as_dict(), indent=1) if as_json else as_text(done))
