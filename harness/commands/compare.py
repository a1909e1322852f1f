"""``twinbench compare``: two runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import AsJson, Results, fail, tell
from harness.commands.report import summarized


def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A run's name or folder.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Another's.")],
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Compare what is relative to each run's reference arm.")
    ] = False,
    markdown: Annotated[Path | None, typer.Option(help="Markdown to write.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Show what changed between two runs: of versions, of settings, or of machines."""
    from harness.compare import changes, origin, output
    from harness.store import shelf
    from harness.store.atomic import write_atomically

    folders = [shelf.run_folder(name, results) for name in (before, after)]
    manifests = [folder.read_manifest() for folder in folders]
    if not across_machines:
        origin.require_same_machine(*manifests)
    changed = [*origin.machines(*(run.environment for run in manifests)), *origin.versions(*manifests)]
    old, new = (summarized(*pair)[0] for pair in zip(folders, manifests, strict=True))
    found = changes.find(old, new, across_machines=across_machines)
    if not found.shared:
        fail(f"{manifests[0].run} and {manifests[1].run} share no arm on any workload")
    if markdown:
        title = f"{manifests[0].run} and {manifests[1].run}"
        write_atomically(markdown, output.markdown(title, changed, found, across_machines=across_machines))
    if as_json:
        typer.echo(json.dumps(output.document(changed, found, across_machines=across_machines), indent=1))
    else:
        tell(output.console(changed, found, across_machines=across_machines), 180)
