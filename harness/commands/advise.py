"""``twinbench advise``: which framework for which need."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.parts import INCOMPLETE, AsJson, Results, RunName, fail, tell
from harness.commands.report import summarized


def advise(
    run_name: RunName = "",
    profile: Annotated[str, typer.Option(help="enterprise, research, teaching or edge; by default research.")] = "",
    weights: Annotated[Path | None, typer.Option(help="YAML with weights of your own, in place of a profile.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder to write to; by default the run's.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Say which framework suits which need, from a run's evidence, and how robust that is; 3 if there is no verdict."""
    from harness import advice
    from harness.advice import advice as judging
    from harness.advice import output, sheet, weighting
    from harness.exports import filed
    from harness.store import shelf

    if weights and profile:
        fail("--weights stands in place of a profile; leave out --profile")
    chosen = weighting.read(weights) if weights else weighting.profile(profile or weighting.DEFAULT)
    folder = shelf.run_folder(run_name, results)
    manifest = folder.read_manifest()
    summary, _ = summarized(folder, manifest)
    exports = filed.read(results, {status.name: status.versions for status in manifest.arms})
    found = judging.advise(summary, chosen, exports)
    shown = sheet.lay_out(found)
    path, page = advice.write(to or folder.path, shown)
    if as_json:
        document = output.document(found, shown) | {"markdown": str(path), "html": str(page)}
        typer.echo(json.dumps(document, indent=1))
    else:
        tell(output.console(shown), 160)
        typer.echo(f"advice: {os.path.relpath(path)}, {os.path.relpath(page)}")
    if found.verdict is None:
        raise typer.Exit(INCOMPLETE)
