"""``twinbench check`` and ``baseline update``: hold a run against what is wanted of it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands.parts import FAILED, INCOMPLETE, AsJson, Ops, Results, RunName, fail, tell
from harness.commands.report import summarized

if TYPE_CHECKING:
    from harness.compare.origin import Change


def check(
    run_name: RunName = "",
    baseline: Annotated[Path | None, typer.Option(help="What the run is held against; see `baseline update`.")] = None,
    speed: Annotated[float, typer.Option(min=0, help="How much slower a ratio may be than the baseline's.")] = 0.05,
    memory: Annotated[float, typer.Option(min=0, help="How much more memory than the baseline's.")] = 0.1,
    operations: Annotated[float, typer.Option(min=0, help="As --speed, of single operations.")] = 0.1,
    ops: Ops = None,
    strict: Annotated[bool, typer.Option("--strict", help="What cannot be decided is a failure.")] = False,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML to write.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Hold a run against its targets, its reference and a baseline; 1 if a claim failed, 3 if one cannot be decided."""
    from harness.compare import origin
    from harness.gate import baseline as baselines
    from harness.gate import claims, output
    from harness.gate.decision import State, decide
    from harness.store import shelf

    known = baselines.read(baseline) if baseline else None
    folder = shelf.run_folder(run_name, results)
    summary, _ = summarized(folder, folder.read_manifest(), ops)
    found = decide(list(claims.claims(summary, known, claims.Tolerances(speed, memory, operations))))
    moved = origin.machines(known.environment, summary.manifest.environment) if known else []
    note = _another_machine(moved)
    if note:
        typer.echo(f"twinbench: {note}", err=True)
    if as_json:
        machine = [dataclasses.asdict(change) for change in moved]
        told = {"run": summary.manifest.run, "another_machine": machine, "claims": output.document(found)}
        typer.echo(json.dumps(told, indent=1))
    else:
        tell(output.table(found), 160)
        typer.echo(output.sentence(found))
    if junit:
        output.write_junit(junit, found, strict=strict)
    if to := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(to).open("a", encoding="utf-8") as file:
            file.write(output.markdown(found, note))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        typer.echo("\n".join(output.workflow_commands(found)), err=True)
    states = {decision.state for decision in found}
    if State.FAILED in states or (strict and State.OPEN in states):
        raise typer.Exit(FAILED)
    if State.OPEN in states or not found:
        raise typer.Exit(INCOMPLETE)


def _another_machine(changes: Sequence[Change]) -> str:
    """Return that the baseline is of another machine, and of which; empty if it is not."""
    told = ", ".join(f"{change.what}: {change.before}, here {change.after}" for change in changes)
    compared = "ratios, metrics and peaks are compared all the same, and can move with it"
    return f"the baseline is of another machine ({told}); {compared}" if told else ""


baseline = typer.Typer(no_args_is_help=True, help="What runs are held against: files for `check`.")


@baseline.command()
def update(
    run_name: RunName = "",
    why: Annotated[str, typer.Option(help="Why later runs are to be held against this one.")] = "",
    file: Annotated[Path | None, typer.Option(help="File to write; by default results/baselines/SUITE.json.")] = None,
    suite: Annotated[str, typer.Option(help="Keep what this suite asks for, to hold its runs against it.")] = "",
    ops: Ops = None,
    results: Results = Path("results"),
) -> None:
    """Put what a run measured on file, for `check` to hold later runs against."""
    from harness.gate import baseline as baselines
    from harness.matrix import read_suite
    from harness.store import shelf

    if not why:
        fail("say why with --why: whoever meets a failure will want to know what changed the baseline last")
    folder = shelf.run_folder(run_name, results)
    summary, _ = summarized(folder, folder.read_manifest(), ops)
    made = baselines.make(summary, why, read_suite(suite) if suite else None)
    if not made.entries:
        fail(f"run {made.run} measured nothing that could be held against another")
    path = file or results / "baselines" / f"{made.suite}.json"
    baselines.write(path, made)
    also = f" and {len(made.operations)} on single operations" if made.operations else ""
    typer.echo(f"baseline: {path}: {len(made.entries)} arms on workloads{also}, of run {made.run}")
