"""``twinbench run``: measure a suite."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.commands.parts import INCOMPLETE, INTERRUPTED, AsJson, Results, Threads, fail, split
from harness.commands.report import show

if TYPE_CHECKING:
    from harness.contract import Precision, Track
    from harness.dashboard.live import Live
    from harness.dashboard.server import Server
    from harness.monitoring.curves import Curves
    from harness.run.coordinator import Progress
    from harness.schema import Manifest, Proof, Record, Suite
    from harness.store.folder import RunFolder


def run(
    suite: Annotated[str, typer.Argument(help="A suite's name, or the path of a YAML file.")],
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; the first is the reference.")] = "",
    workloads: Annotated[str, typer.Option(help="Only these workloads, separated by commas.")] = "",
    techniques: Annotated[str, typer.Option(help="Only these techniques, separated by commas.")] = "",
    precision: Annotated[str, typer.Option(help="Only these precisions, separated by commas.")] = "",
    launches: Annotated[int | None, typer.Option(min=0, help="Fresh processes per timing cell.")] = None,
    most_launches: Annotated[
        int | None, typer.Option(min=0, help="Add launches where there is no verdict yet, up to so many.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Blocks per arm and launch.")] = None,
    seeds: Annotated[int | None, typer.Option(min=0, help="Trainings per accuracy cell.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of every workload.")] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Techniques once over: one seed, the reference and one other arm in turns.")
    ] = False,
    threads: Threads = None,
    timeout: Annotated[float | None, typer.Option(help="Longest a worker may take for one request, in s.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish the last run of this suite.")] = False,
    run_name: Annotated[str, typer.Option("--run", help="The run's name; by default its time and suite.")] = "",
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Race pairs that are not proven to be equal.")
    ] = False,
    watched: Annotated[
        bool, typer.Option("--watch", help="Serve the dashboard on this machine while the run goes on.")
    ] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of --watch; by default any that is free.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Measure a suite, print the comparison, write the report and the dashboard."""
    from harness import narrow
    from harness.matrix import check_names, plan, read_suite

    if port is not None and not watched:
        fail("--port is where --watch serves; add --watch")
    if fast and (launches is not None or seeds is not None or most_launches is not None):
        fail("--fast chooses launches and seeds itself: one of each; leave out --launches, --most-launches and --seeds")
    asked = narrow.narrow(
        read_suite(suite),
        arms=split(arms),
        workloads=split(workloads),
        techniques=split(techniques),
        precisions=split(precision),
        launches=launches,
        most_launches=most_launches,
        rounds=rounds,
        seeds=seeds,
        epochs=epochs,
        threads=threads,
        timeout_s=timeout,
    )
    if fast:
        asked = narrow.fast(asked)
    check_names(asked)
    plan(asked)
    folder = _choose_folder(asked, results / "runs", run_name, resume)
    proven = None if unverified else _proofs(asked, suite, fast, results)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_server(port or 0)) if watched else None
        folder.create()
        stack.enter_context(folder.locked())
        manifest = resumed(folder, asked) if resume else begin(folder, asked, proven, results)
        status = _carry_out(folder, manifest, as_json, server)
    raise typer.Exit(status)


def _proofs(asked: Suite, suite: str, fast: bool, results: Path) -> list[Proof]:
    """Return what proves the halves of a suite to be one function; refuse the suite if anything is missing."""
    from harness.parity import proofs

    kept = proofs.Proofs(results / "parity")
    if lacking := proofs.describe(proofs.unproven(asked, kept)):
        named, once_over = asked.named, ["--fast"] if fast else []
        of_arms = ["--arms", ",".join(asked.arms), "--results", str(results)]
        command = shlex.join(["twinbench", "parity", *named, "--suite", suite, *once_over, *of_arms])
        fail(
            f"not proven for this code: {lacking}. Prove it with: {command}\nOr add --unverified; it marks every table"
        )
    return proofs.on_record(asked, kept)


def _choose_folder(suite: Suite, runs: Path, name: str, resume: bool) -> RunFolder:
    """Return the folder of a new run, or of the one to be resumed; nothing is written yet."""
    import datetime

    from harness.store import shelf
    from harness.store.folder import NewerRun, RunFolder, RunFolderError

    if Path(name).name != name or name.startswith("."):
        raise RunFolderError(f"{name!r} cannot be the name of a run: it is the name of one folder in {runs}")
    if not resume:
        name = name or f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}-{suite.name.replace('/', '-')}"
        return RunFolder(runs / name)
    if name:
        return shelf.find(runs, name)
    for folder in shelf.newest_first(runs):
        try:
            if folder.read_manifest().suite.name == suite.name:
                return folder
        except NewerRun as error:  # it may be the one that is meant
            raise RunFolderError(f"{error}; or name the run to be resumed with --run") from error
        except RunFolderError as error:
            typer.echo(f"twinbench: left out: {error}", err=True)
    raise RunFolderError(f"nothing to resume: {runs} holds no run of suite {suite.name!r}")


def begin(folder: RunFolder, suite: Suite, proofs: list[Proof] | None = None, results: Path | None = None) -> Manifest:
    """Return the manifest of a new run, after writing it, with what is on file of this machine below ``results``."""
    from harness.run.coordinator import make_manifest
    from harness.store.folder import RunFolderError

    if folder.begun:
        raise RunFolderError(f"{folder.path} exists; finish it with --resume, or name another with --run")
    command = ["twinbench", *(argument for argument in sys.argv[1:] if argument != "--debug")]
    manifest = make_manifest(folder.path.name, suite, command, proofs)
    if results:
        manifest = manifest.model_copy(update=_on_file(results, suite, manifest.environment))
    folder.write_manifest(manifest)
    return manifest


def _on_file(results: Path, suite: Suite, machine: dict[str, Any]) -> dict[str, Any]:
    """Return what a manifest says of the machine beside what it is: how far races err, what it can do at most."""
    from harness.aa import filed
    from harness.limits import filed as limits

    threads, on_cpu = suite.threads or machine["cores_used"], suite.device == "cpu"
    named = on_cpu or machine.get("gpu")  # else nobody could tell what of a GPU is of this one
    return {
        "certificates": filed.latest(results / "aa", suite.arms, machine) if on_cpu else [],  # arms raced on the CPU
        "ceilings": limits.ceilings(results, machine, threads) if named else None,
        "breakdowns": limits.breakdowns(results, suite.arms, machine, threads) if on_cpu else [],  # likewise
    }


def resumed(folder: RunFolder, suite: Suite) -> Manifest:
    """Return the manifest of a run begun earlier, if what was measured then and what would be now belong together."""
    from harness.measure.environment import fingerprint, source_sha256
    from harness.run.coordinator import arm_status
    from harness.store.folder import RunFolderError

    manifest = folder.read_manifest()
    if manifest.suite != suite:
        raise RunFolderError(
            f"{folder.path} was asked for something else: {shlex.join(manifest.command)}; "
            "repeat its options with --resume, or start a new run"
        )
    now = {status.name: status for status in arm_status(suite)}
    changed = [f"arm {status.name}" for status in manifest.arms if now[status.name] != status]
    if manifest.environment.get("source_sha256") != source_sha256():
        changed.append("the code of twinbench")
    machine = fingerprint(suite.device)
    changed += [
        f"{field} ({then} then, {machine.get(field)} now)"
        for field in ("cpu", "cores_used", "gpu")
        if (then := manifest.environment.get(field)) is not None and then != machine.get(field)
    ]
    if changed:
        raise RunFolderError(f"{folder.path} cannot be resumed: changed since: {', '.join(changed)}; start a new run")
    return manifest


def _server(port: int) -> Server:
    from harness.dashboard.server import Server

    return Server(port)


def _watch(folder: RunFolder, manifest: Manifest, server: Server) -> tuple[Live, Curves]:
    """Begin to serve a run, and tell where, and where its curves will be for TensorBoard."""
    from harness.dashboard.live import Live
    from harness.monitoring.curves import Curves

    records, _ = folder.read_records()
    live, curves = Live(manifest, records, folder.path), Curves(folder.path / "tensorboard")
    server.serve(live)
    typer.echo(f"watch it at {server.url}", err=True)
    typer.echo(f"its curves: tensorboard --logdir {shlex.quote(os.path.relpath(curves.folder))}", err=True)
    return live, curves


def _carry_out(folder: RunFolder, manifest: Manifest, as_json: bool, server: Server | None) -> int:
    from harness.contract import Outcome
    from harness.matrix import further
    from harness.progress import RichProgress
    from harness.run.coordinator import Coordinator
    from harness.run.followers import Followers
    from harness.store.folder import RunFolderError, latest

    live, curves = _watch(folder, manifest, server) if server else (None, None)
    watchers: list[Progress] = [live, curves] if live and curves else []
    with RichProgress() as display:
        try:
            coordinator = Coordinator(manifest.suite, folder, Followers(display, watchers, display.tell))
            result = coordinator.run()
            for begin, end in itertools.pairwise(manifest.suite.looks):
                races = {} if result.interrupted else _undecided(manifest, result.records, begin)
                if not races:
                    break
                display.tell(f"no verdict after {begin} launches, on to {end}: {', '.join(races.values())}")
                result = coordinator.run(further(manifest.suite, begin, end, races))
        except OSError as error:
            raise RunFolderError(
                f"{error.strerror or error} ({error.filename or folder.path}); what was measured is kept: "
                f"see to that and finish it with: {_resuming(manifest)}"
            ) from error
    if live:
        live.end()
    if result.interrupted:  # told before the report, which another Ctrl-C may cut short
        typer.echo(f"interrupted; finish it with: {_resuming(manifest)}", err=True)
    try:
        summary = show(folder, manifest, as_json)
    except OSError as error:
        raise RunFolderError(
            f"the report could not be written: {error.strerror or error} ({error.filename or folder.path}); what was "
            f"measured is kept: see to that, and then: {shlex.join(['twinbench', 'report', str(folder.path)])}"
        ) from error
    if result.interrupted:
        return INTERRUPTED
    if unstable := summary.unstable:
        raced = ", ".join(f"{row.arm} on {name}" for name, row in unstable)
        typer.echo(f"UNSTABLE, other programs disturbed most launches: {raced}; measure again when they rest", err=True)
    wanted = {Outcome.OK, Outcome.UNSUPPORTED}
    whole = all(record.outcome in wanted for record in latest(result.records))
    return 0 if whole and not unstable else INCOMPLETE


def _undecided(manifest: Manifest, records: Sequence[Record], launches: int) -> dict[tuple[str, Precision, Track], str]:
    """Return the races that so many launches have not decided; a resumed run may have more of them."""
    from harness import registry
    from harness.report.summary import summarize
    from harness.report.undecided import undecided

    seen = [record for record in records if record.cell.scope == "accuracy" or record.cell.index < launches]
    known = registry.workloads() | registry.variants()
    return undecided(summarize(manifest, seen, known, registry.techniques()))


def _resuming(manifest: Manifest) -> str:
    """Return the command that finishes a run, by its name: a later run of the same suite may be begun before."""
    named = any(argument == "--run" or argument.startswith("--run=") for argument in manifest.command)
    return shlex.join([*manifest.command, "--resume", *([] if named else ["--run", manifest.run])])
