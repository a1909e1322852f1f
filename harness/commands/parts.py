"""What the commands share: options, exit statuses, ways to end and to print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from harness.contract import Device

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pydantic import BaseModel
    from rich.console import RenderableType

FAILED, WRONG, INCOMPLETE, FAULT, INTERRUPTED = 1, 2, 3, 70, 130

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]
Results = Annotated[Path, typer.Option("--results", envvar="TWINBENCH_RESULTS", help="Folder of results.")]
Arms = Annotated[str, typer.Option("--arms", help="Only these arms, separated by commas; by default all that can.")]
InPrecision = Annotated[str, typer.Option("--precision", help="fp32, tf32, bf16, fp16 or fp64.")]
OnDevice = Annotated[Device, typer.Option("--device", help="What to compute on.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Cores per worker.")]
BlockMs = Annotated[float, typer.Option("--block-ms", min=1.0, help="Duration that a block is sized for.")]
Ops = Annotated[
    Path | None, typer.Option("--ops", help="What `make ops` wrote; by default ops.json in the run's folder.")
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder; by default the last.")]


def fail(message: str) -> NoReturn:
    """End the program: the request was wrong, and the message on stderr says how."""
    typer.echo(f"twinbench: {message}", err=True)
    raise typer.Exit(WRONG)


def split(names: str) -> list[str]:
    """Return the names in a list separated by commas."""
    return [name.strip() for name in names.split(",") if name.strip()]


def tell(shown: RenderableType, width: int) -> None:
    """Print a table as wide as the terminal, or as COLUMNS says; so many columns wide where it goes elsewhere."""
    from rich.console import Console

    own = sys.stdout.isatty() or "COLUMNS" in os.environ
    Console(width=None if own else width, highlight=False).print(shown)


def present(
    found: BaseModel | Sequence[BaseModel], as_json: bool, table: Callable[[], RenderableType], width: int
) -> None:
    """Print what was found on stdout: as one JSON document, or as a table."""
    from pydantic_core import to_jsonable_python

    if as_json:
        typer.echo(json.dumps(to_jsonable_python(found), indent=1))
    else:
        tell(table(), width)


def present_filed(
    what: str, path: Path, picture: Figure, found: BaseModel, as_json: bool, table: Callable[[], RenderableType]
) -> None:
    """Print what was found and is on file, put its picture beside it, and say on stderr where both are."""
    picture.savefig(path.with_suffix(".png"), dpi=120)
    present(found, as_json, table, 160)
    typer.echo(f"{what}: {os.path.relpath(path)}, and a picture beside it", err=True)


@contextmanager
def interruptible() -> Iterator[None]:
    """End the program with its own exit status when the user ends what goes on inside; nothing of it is kept."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
