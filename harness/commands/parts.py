"""What the commands share: options, exit statuses, ways to end and to print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

FAILED, WRONG, INCOMPLETE, FAULT, INTERRUPTED = 1, 2, 3, 70, 130

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]
Results = Annotated[Path, typer.Option("--results", envvar="TWINBENCH_RESULTS", help="Folder of results.")]
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


@contextmanager
def interruptible() -> Iterator[None]:
    """End the program with its own exit status when the user ends what goes on inside; nothing of it is kept."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
