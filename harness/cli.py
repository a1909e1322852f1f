"""The command line: ``twinbench``.

Tables of a person's interest go to stdout, progress and errors to stderr. Exit status: 0 fine, 1 a verdict failed,
2 the request was wrong, 3 some cells could not be run or their times say nothing, 70 twinbench itself is at fault,
130 interrupted and resumable. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from harness.commands import (
    aa,
    advise,
    archive,
    breakdown,
    catalogue,
    compare,
    convert,
    doctor,
    dtypes,
    exports,
    gate,
    memory,
    parity,
    report,
    run,
    scale,
    watch,
)
from harness.commands.parts import FAULT, INTERRUPTED, WRONG

app = typer.Typer(
    name="twinbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(asked: bool) -> None:
    import importlib.metadata

    if asked:
        typer.echo(f"twinbench {importlib.metadata.version('twinbench')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """The same network written twice, in PyTorch and in Keras 3, raced fairly and reported honestly."""


COMMANDS: Mapping[str, Callable[..., None]] = {
    "list": catalogue.list_,
    "run": run.run,
    "parity": parity.parity,
    "show": catalogue.show,
    "convert": convert.convert,
    "watch": watch.watch,
    "report": report.report,
    "check": gate.check,
    "compare": compare.compare,
    "aa": aa.aa,
    "breakdown": breakdown.breakdown,
    "scale": scale.scale,
    "memory": memory.memory,
    "dtypes": dtypes.dtypes,
    "exports": exports.exports,
    "advise": advise.advise,
    "doctor": doctor.doctor,
    "index": archive.index,
    "query": archive.query,
    "export": archive.export,
    "import": archive.import_,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(gate.baseline, name="baseline")


def main() -> None:
    """Run the command line. A traceback reaches only those who ask for it."""
    try:
        app()
    except KeyboardInterrupt:  # before anything that could be resumed
        typer.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in sys.argv[1:]:
            raise
        expected = _explain(error)
        typer.echo(f"twinbench: {expected or f'{type(error).__name__}: {error}; --debug shows where'}", err=True)
        sys.exit(WRONG if expected else FAULT)


def _explain(error: Exception) -> str | None:
    """Return what a user can do something about; None for an error of twinbench's own."""
    from benchmarks.datasets.preparation import DatasetUnavailable
    from harness.aa.twins import Unraced
    from harness.advice.weighting import WeightsError
    from harness.anatomy.dtypes import Uninspectable
    from harness.archive.files import ExportFault
    from harness.archive.index import IndexFault
    from harness.compare.origin import Incomparable
    from harness.convert import ConversionError
    from harness.dashboard.server import LiveFault
    from harness.exports.trials import Unexportable
    from harness.gate.baseline import BaselineError
    from harness.limits.batches import Unfit
    from harness.limits.breakdown import Undivided
    from harness.limits.ceilings import Unmeasurable
    from harness.limits.scaling import Unscalable
    from harness.matrix import SuiteError
    from harness.monitoring.request import WatchError
    from harness.parity.engine import ParityError
    from harness.registry import UnknownName
    from harness.report.operations import OperationsFault
    from harness.store.folder import RunFolderError

    if isinstance(
        error,
        SuiteError
        | UnknownName
        | ParityError
        | ConversionError
        | RunFolderError
        | DatasetUnavailable
        | BaselineError
        | Incomparable
        | IndexFault
        | ExportFault
        | LiveFault
        | OperationsFault
        | WatchError
        | Undivided
        | Unexportable
        | Unfit
        | Uninspectable
        | Unmeasurable
        | Unscalable
        | Unraced
        | WeightsError,
    ):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    return None


if __name__ == "__main__":
    main()
