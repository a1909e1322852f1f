"""``twinbench exports``: whether a trained model is the same model elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import FAILED, INCOMPLETE, Arms, AsJson, Results, interruptible, present, split


def exports(
    workloads: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORKLOAD…]", help="Whose models; by default a small one of each family."),
    ] = None,
    arms: Arms = "",
    forms: Annotated[str, typer.Option(help="Only these forms, by commas, and nothing on file; by default all.")] = "",
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Write models in every form that their frameworks offer, and check each by another runtime on test data."""
    from harness import registry
    from harness.exports import filed, trials
    from harness.report import exports as shown

    wanted, chosen = split(forms), trials.named(split(arms), split(forms))
    asked = [registry.find_workload(name) for name in dict.fromkeys(workloads or trials.DEFAULT)]
    for workload in asked:
        registry.load_dataset(workload.dataset)
    with interruptible():
        found = trials.attempt(chosen, asked, wanted, lambda what: typer.echo(what, err=True))
    if not wanted:  # some forms are no whole: on file they would displace one
        for one in found:
            typer.echo(f"exports: {os.path.relpath(filed.write(results, one))}", err=True)
    present(found, as_json, shown.sheet(found).console, 150)
    outcomes = {trial.outcome for one in found for trial in one.trials}
    if "wrong" in outcomes:
        raise typer.Exit(FAILED)
    if "failed" in outcomes or outcomes == {"unsupported"}:
        raise typer.Exit(INCOMPLETE)
