"""``twinbench doctor``: this installation and this machine."""

from __future__ import annotations

import json

import typer

from harness.commands.parts import FAILED, AsJson


def doctor(as_json: AsJson = False) -> None:
    """Check this installation and this machine: what is missing, what would disturb a measurement."""
    from harness import doctor

    findings = doctor.examine()
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.grade:5}  {finding.subject}: {finding.message}")
    if any(finding.grade == "error" for finding in findings):
        raise typer.Exit(FAILED)
