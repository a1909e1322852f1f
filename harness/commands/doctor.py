"""``twinbench doctor``: this installation and this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import FAILED, INCOMPLETE, AsJson, Results, fail, interruptible, present, split
from harness.contract import Device


def doctor(
    ceilings: Annotated[
        bool,
        typer.Option("--ceilings", help="Measure what the machine can do at most, through each framework: minutes."),
    ] = False,
    arms: Annotated[str, typer.Option(help="Of --ceilings: only these, separated by commas.")] = "",
    threads: Annotated[int | None, typer.Option(min=1, help="Of --ceilings: cores per worker.")] = None,
    device: Annotated[Device, typer.Option(help="Of --ceilings: what to measure.")] = "cpu",
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Check this installation and this machine: what is missing, what would disturb a measurement."""
    from harness import doctor

    if ceilings:
        _ceilings(split(arms), threads, device, results, as_json)
        return
    if arms or threads or device != "cpu":
        fail("--arms, --threads and --device are of --ceilings")
    findings = doctor.examine()
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.grade:5}  {finding.subject}: {finding.message}")
    if any(finding.grade == "error" for finding in findings):
        raise typer.Exit(FAILED)


def _ceilings(arms: list[str], threads: int | None, device: Device, results: Path, as_json: bool) -> None:
    """Measure, put on file and show; 3 if something is missing that could be had, or was disturbed."""
    from harness.limits import ceilings, filed
    from harness.report import limits

    chosen, cores = ceilings.named(arms), ceilings.cores(threads)
    with interruptible():
        found = ceilings.measure(chosen, cores, lambda what: typer.echo(f"measuring {what}", err=True), device=device)
    path = filed.write_ceilings(results, found)
    present(found, as_json, limits.ceilings_sheet(found).console, 150)
    typer.echo(f"ceilings: {os.path.relpath(path)}", err=True)
    if ceilings.wanting(found):
        raise typer.Exit(INCOMPLETE)
