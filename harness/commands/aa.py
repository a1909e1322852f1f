"""``twinbench aa``: how far races on this machine may be trusted."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands.parts import FAILED, INCOMPLETE, INTERRUPTED, AsJson, InPrecision, Results, Threads, fail, present
from harness.commands.run import begin, resumed

if TYPE_CHECKING:
    from harness.aa.twins import Twins
    from harness.schema import Certificate

MOST_FALSE = 0.01


def aa(
    arms: Annotated[list[str] | None, typer.Argument(metavar="[ARM]…", help="By default all that run here.")] = None,
    workload: Annotated[str, typer.Option(help="What they race.")] = "lenet_mnist5k",
    precision: InPrecision = "fp32",
    launches: Annotated[int, typer.Option(min=8, max=10_000, help="Fresh pairs of processes of each protocol.")] = 16,
    rounds: Annotated[int, typer.Option(min=2, max=10_000, help="Blocks per twin and launch.")] = 10,
    load: Annotated[int, typer.Option(min=0, max=64, help="Artificial neighbours that take cores in bursts.")] = 0,
    threads: Threads = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish the last race of each arm.")] = False,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Race arms against themselves; 1 if they are called faster or slower than themselves in over 1 % of races."""
    from harness import registry
    from harness.aa import output, twins

    kind = registry.find_precision(precision)
    asked = [
        twins.Twins(arm, workload, kind, launches, rounds, threads, load)
        for arm in twins.named(arms or (), kind, workload)
    ]
    for one in asked:
        one.check()
    made = [_certify(*one) for one in zip(asked, _folders(asked, results / "aa", resume), strict=True)]
    present(made, as_json, lambda: output.tables(made), 160)
    if any(one.false_alarms and one.false_alarms.estimate > MOST_FALSE for one in made):
        raise typer.Exit(FAILED)


def _folders(asked: Sequence[Twins], races: Path, resume: bool) -> list[Path]:
    """Return where races go: each into a folder of its arm, those of one command of the same time."""
    import datetime

    time = f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}"
    if resume:
        begun = [path.name.removesuffix(f"-{one.name}") for one in asked for path in races.glob(f"*-{one.name}")]
        times = [found for found in begun if len(found) == len(time)]
        if not times:
            fail(f"nothing to resume: {races} holds no race of {', '.join(one.name for one in asked)}")
        time = max(times)
    return [races / f"{time}-{one.name}" for one in asked]


def _certify(asked: Twins, path: Path) -> Certificate:
    """Run what is missing of a race, and put on file what it says."""
    from harness.aa import filed, twins
    from harness.aa.certificate import TooFewLaunches, certify
    from harness.aa.neighbours import neighbours
    from harness.progress import RichProgress

    folders = twins.protocols(path)
    with contextlib.ExitStack() as stack:
        manifests = {}
        for protocol, folder in folders.items():
            folder.create()
            stack.enter_context(folder.locked())
            suite = asked.suite(protocol)
            manifests[protocol] = resumed(folder, suite) if folder.begun else begin(folder, suite)
        stack.enter_context(neighbours(asked.load))
        progress = stack.enter_context(RichProgress())
        if twins.race(asked, folders, progress):
            again = [argument for argument in sys.argv[1:] if argument != "--resume"]
            typer.echo(f"interrupted; finish it with: {shlex.join(['twinbench', *again, '--resume'])}", err=True)
            raise typer.Exit(INTERRUPTED)
    records = {protocol: folder.read_records()[0] for protocol, folder in folders.items()}
    try:
        made = certify(manifests["interleaved"], records["interleaved"], records["sequential"], asked.load)
    except TooFewLaunches as error:
        typer.echo(f"twinbench: {error}; see {path / 'interleaved' / 'records'}", err=True)
        raise typer.Exit(INCOMPLETE) from None
    filed.write(path, made)
    typer.echo(f"certificate: {path / filed.NAME}", err=True)
    return made
