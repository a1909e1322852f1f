"""The command line: ``twinbench``.

Tables of a person's interest go to stdout, progress and errors to stderr. Exit status: 0 fine, 1 a verdict failed,
2 the request was wrong, 3 some cells could not be run or their times say nothing, 70 twinbench itself is at fault,
130 interrupted and resumable. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from harness.archive import commands as archive

if TYPE_CHECKING:
    from harness.parity.engine import Task
    from harness.parity.gates import Finding
    from harness.report.summary import Summary
    from harness.schema import Manifest, Proof, Record, Suite
    from harness.store.folder import RunFolder

FAILED, WRONG, INCOMPLETE, FAULT, INTERRUPTED = 1, 2, 3, 70, 130

app = typer.Typer(
    name="twinbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]
Results = Annotated[Path, typer.Option("--results", envvar="TWINBENCH_RESULTS", help="Folder of results.")]


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


def fail(message: str) -> NoReturn:
    """End the program: the request was wrong, and the message on stderr says how."""
    typer.echo(f"twinbench: {message}", err=True)
    raise typer.Exit(WRONG)


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(help="suites, workloads, techniques, architectures or arms; all if not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show what can be run. Imports no framework."""
    from harness import listing

    if what and what not in listing.KINDS:
        fail(f"cannot list {what!r}; known: {', '.join(listing.KINDS)}")
    chosen = {kind: listing.KINDS[kind]() for kind in ([what] if what else listing.KINDS)}
    if as_json:
        typer.echo(json.dumps(chosen[what] if what else chosen, indent=1))
        return
    typer.echo("\n\n".join(listing.as_text(kind, rows) for kind, rows in chosen.items()))


@app.command()
def run(
    suite: Annotated[str, typer.Argument(help="A suite's name, or the path of a YAML file.")],
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; the first is the reference.")] = "",
    workloads: Annotated[str, typer.Option(help="Only these workloads, separated by commas.")] = "",
    techniques: Annotated[str, typer.Option(help="Only these techniques, separated by commas.")] = "",
    precision: Annotated[str, typer.Option(help="Only these precisions, separated by commas.")] = "",
    launches: Annotated[int | None, typer.Option(min=0, help="Fresh processes per timing cell.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Blocks per arm and launch.")] = None,
    seeds: Annotated[int | None, typer.Option(min=0, help="Trainings per accuracy cell.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of every workload.")] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Techniques once over: one seed, the reference and one other arm in turns.")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores per worker.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Longest a worker may take for one request, in s.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish the last run of this suite.")] = False,
    run_name: Annotated[str, typer.Option("--run", help="The run's name; by default its time and suite.")] = "",
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Race pairs that are not proven to be equal.")
    ] = False,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Measure a suite, print the comparison, write the report and the dashboard."""
    from harness import narrow
    from harness.matrix import check_names, plan, read_suite

    if fast and (launches is not None or seeds is not None):
        fail("--fast chooses launches and seeds itself: one of each; leave out --launches and --seeds")
    asked = narrow.narrow(
        read_suite(suite),
        arms=_split(arms),
        workloads=_split(workloads),
        techniques=_split(techniques),
        precisions=_split(precision),
        launches=launches,
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
    proven = None if unverified else _proofs(asked, suite, results)
    folder.create()
    with folder.locked():
        manifest = _resume(folder, asked) if resume else _begin(folder, asked, proven)
        status = _carry_out(folder, manifest, as_json)
    raise typer.Exit(status)


@app.command()
def parity(
    workloads: Annotated[
        list[str] | None,
        typer.Argument(help="Workloads, or techniques with all variants; all workloads, and all exercises, if none."),
    ] = None,
    suite: Annotated[str, typer.Option(help="Only what this suite rests on and is not yet proven.")] = "",
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; all that run here if none.")] = "",
    gate: Annotated[str, typer.Option(help="Only these gates, separated by commas.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the noise, the batch and all else that is drawn.")] = 0,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Run the gates at so many seeds, from --seed on, and show the worst.")
    ] = None,
    write_bands: Annotated[
        bool, typer.Option("--write-bands", help="Put forward's float32 errors over the seeds on file as bands.")
    ] = False,
    mutants: Annotated[bool, typer.Option("--mutants", help="Plant faults instead, and see the gates go red.")] = False,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Prove that the halves of each pair compute one function; exit status 1 if a gate fails, or a mutant lives."""
    from harness import registry
    from harness.matrix import read_suite
    from harness.measure.environment import hash_sources, source_sha256
    from harness.narrow import narrow
    from harness.parity import engine, proofs

    if write_bands and not seeds:
        fail("--write-bands wants --seeds: a band is measured over many")
    if mutants:
        raise typer.Exit(_plant(list(workloads or []), _split(arms), as_json))
    kept = proofs.Proofs(results / "parity")
    code = source_sha256()
    if suite:
        if gate:
            fail("--suite chooses the gates itself; leave out --gate")
        named = [workload.name for name in workloads or [] for workload in registry.find_workloads(name)]
        asked = narrow(read_suite(suite), arms=_split(arms), workloads=named)
        reference, todo = engine.choose_reference(asked.arms), proofs.unproven(asked, kept)
    else:
        wanted = [engine.find_gate(name) for name in _split(gate) or engine.gates(pairs_only=bool(workloads))]
        found = [one for name in workloads or engine.affordable() for one in registry.find_workloads(name)]
        chosen = list({workload.name: workload for workload in found}.values())
        rivals = [registry.find_arm(name).name for name in _split(arms) or registry.arms()]
        reference = engine.choose_reference(rivals)
        absent = {arm: reason for arm in rivals if (reason := registry.missing(registry.find_arm(arm)))}
        if arms and absent:
            fail("; ".join(f"{arm} cannot run here: {reason}" for arm, reason in absent.items()))
        able = [arm for arm in rivals if arm not in absent]
        todo = {arm: engine.tasks(chosen, wanted) for arm in able}
    tried = range(seed, seed + (seeds or 1))
    findings = _prove(todo, reference, tried, banded=not write_bands)
    if seeds:
        findings = _show_worst(findings, tried, as_json, write_bands)
    else:
        _show_findings(findings, as_json)
    if not findings and not suite:
        fail("no gate compares anything here: the arms that run are the reference, or have nothing of what was asked")
    if hash_sources() != code:
        fail("the code was edited meanwhile, so nothing is on file; run it again")
    proofs.keep(findings, reference, kept)
    if not all(finding.passed for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A workload, or an architecture: resnet20, LeNet5, mlp.")],
    svg: Annotated[Path | None, typer.Option(help="Where the diagram goes; by default into the results.")] = None,
    arm: Annotated[str, typer.Option(help="Which arm tells the layers; by default the first that runs here.")] = "",
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Show an architecture: its two halves side by side, its layers, and a diagram of them."""
    from harness import anatomy

    found = anatomy.take_apart(anatomy.find(name), arm)
    if found.model:
        path = svg or results / "architectures" / f"{found.workload.name}.svg"
        if svg is None:
            path.parent.mkdir(parents=True, exist_ok=True)
        found.draw(path)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1))
    else:
        from rich.console import Console

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 160
        Console(width=width, highlight=False).print(found.page())
        if found.model:
            typer.echo(f"diagram: {path}")
    if found.reason:
        typer.echo(f"twinbench: no layers and no diagram: {found.reason}", err=True)
        raise typer.Exit(INCOMPLETE)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="model.safetensors, or model.weights.h5.")],
    workload: Annotated[str, typer.Option(help="Whose architecture the weights belong to.")],
    to: Annotated[str, typer.Option(help="keras (from .safetensors) or torch (from .weights.h5).")],
    output: Annotated[Path | None, typer.Option(help="File to write; by default IN with the other ending.")] = None,
    arm: Annotated[str, typer.Option(help="Which Keras arm; by default the first that can run here.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Carry trained weights of a pair from PyTorch to Keras or back; nothing is written unless all fits."""
    from harness.convert import HalvesDisagree, as_text
    from harness.convert import convert as carry

    try:
        done = carry(source, workload, to, output, arm, force=force)
    except HalvesDisagree as error:
        typer.echo(f"twinbench: {error}", err=True)
        raise typer.Exit(FAILED) from None
    typer.echo(json.dumps(done.as_dict(), indent=1) if as_json else as_text(done))


@app.command()
def watch(
    workload: Annotated[str, typer.Argument(help="A workload, or a technique's variant: optimizers.adam.")],
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; all that can if none.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the initial parameters and all else that is drawn.")] = 0,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs; by default the workload's.")] = None,
    precision: Annotated[str, typer.Option(help="fp32, bf16 or fp64.")] = "fp32",
    threads: Annotated[int, typer.Option(min=1, help="Cores per worker.")] = 1,
    folder: Annotated[Path | None, typer.Option("--to", help="Folder to write; by default below the results.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Train a workload in every arm and watch it: a live table, files for TensorBoard, a CSV file. No measurement."""
    import time
    from typing import get_args

    from rich.console import Console

    from harness import registry
    from harness.contract import Precision
    from harness.monitoring.live import LiveTable
    from harness.monitoring.request import Request, able
    from harness.monitoring.watch import watch as carry_out

    found = registry.find_workload(workload)
    if precision not in (known := get_args(Precision)):
        raise registry.UnknownName("precision", precision, known)
    kind: Precision = precision  # type: ignore[assignment]
    chosen = [registry.find_arm(name).name for name in _split(arms)] or able(found, kind)
    asked = Request(found, tuple(dict.fromkeys(chosen)), seed, epochs, kind, threads)
    to = folder or results / "watch" / f"{time.strftime('%Y%m%d-%H%M%S')}-{found.name}"
    if to.exists():
        fail(f"{to} is there already; name another folder with --to")
    typer.echo(f"follow it with: tensorboard --logdir {shlex.quote(os.path.relpath(to))}", err=True)
    with LiveTable(found, asked.arms, asked.budget) as table, interruptible():
        watched = carry_out(asked, to, table)
    if as_json:
        document = {"workload": found.name, "folder": str(to), "arms": [one.as_dict() for one in watched]}
        typer.echo(json.dumps(document, indent=1))
    else:
        Console(width=None if sys.stdout.isatty() else 120, highlight=False).print(table.table())
        typer.echo(f"scalars: {os.path.relpath(to / 'scalars.csv')}")
    if any(one.reason for one in watched):
        raise typer.Exit(INCOMPLETE)


@app.command()
def report(
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder; by default the last.")] = "",
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Write a run's report and dashboard anew from its records, and print the comparison."""
    from harness.store import shelf

    folder = shelf.run_folder(run_name, results)
    _show(folder, folder.read_manifest(), as_json)


@app.command()
def check(
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder; by default the last.")] = "",
    baseline: Annotated[Path | None, typer.Option(help="What the run is held against; see `baseline`.")] = None,
    speed: Annotated[float, typer.Option(min=0, help="How much slower a ratio may be than the baseline's.")] = 0.05,
    memory: Annotated[float, typer.Option(min=0, help="How much more memory than the baseline's.")] = 0.1,
    strict: Annotated[bool, typer.Option("--strict", help="What cannot be decided is a failure.")] = False,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML to write.")] = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Hold a run against its targets, its reference and a baseline; 1 if a claim failed, 3 if one cannot be decided."""
    from rich.console import Console

    from harness.gate import baseline as baselines
    from harness.gate import claims, output
    from harness.gate.decision import State, decide
    from harness.store import shelf

    known = baselines.read(baseline) if baseline else None
    folder = shelf.run_folder(run_name, results)
    summary, _ = _summary(folder, folder.read_manifest())
    found = decide(list(claims.claims(summary, known, claims.Tolerances(speed, memory))))
    if as_json:
        typer.echo(json.dumps({"run": summary.manifest.run, "claims": output.document(found)}, indent=1))
    else:
        Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(output.table(found))
        typer.echo(output.sentence(found))
    if junit:
        output.write_junit(junit, found, strict=strict)
    if to := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(to).open("a", encoding="utf-8") as file:
            file.write(output.markdown(found))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        typer.echo("\n".join(output.workflow_commands(found)), err=True)
    states = {decision.state for decision in found}
    if State.FAILED in states or (strict and State.OPEN in states):
        raise typer.Exit(FAILED)
    if State.OPEN in states or not found:
        raise typer.Exit(INCOMPLETE)


@app.command("baseline")
def baseline_(
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder; by default the last.")] = "",
    why: Annotated[str, typer.Option(help="Why later runs are to be held against this one.")] = "",
    file: Annotated[Path | None, typer.Option(help="File to write; by default results/baselines/SUITE.json.")] = None,
    results: Results = Path("results"),
) -> None:
    """Put what a run measured on file, for `check` to hold later runs against."""
    from harness.gate import baseline as baselines
    from harness.store import shelf

    if not why:
        fail("say why with --why: whoever meets a failure will want to know what changed the baseline last")
    folder = shelf.run_folder(run_name, results)
    summary, _ = _summary(folder, folder.read_manifest())
    made = baselines.make(summary, why)
    if not made.entries:
        fail(f"run {made.run} measured nothing that could be held against another")
    path = file or results / "baselines" / f"{made.suite}.json"
    baselines.write(path, made)
    typer.echo(f"baseline: {path}: {len(made.entries)} arms on workloads, of run {made.run}")


@app.command("compare")
def compare_(
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
    from rich.console import Console

    from harness.compare import changes, origin, output
    from harness.store import shelf
    from harness.store.atomic import write_atomically

    folders = [shelf.run_folder(name, results) for name in (before, after)]
    manifests = [folder.read_manifest() for folder in folders]
    if not across_machines:
        origin.require_same_machine(*manifests)
    changed = [*origin.machines(*manifests), *origin.versions(*manifests)]
    old, new = (_summary(*pair)[0] for pair in zip(folders, manifests, strict=True))
    found = changes.find(old, new, across_machines=across_machines)
    if not found.shared:
        fail(f"{manifests[0].run} and {manifests[1].run} share no arm on any workload")
    if markdown:
        title = f"{manifests[0].run} and {manifests[1].run}"
        write_atomically(markdown, output.markdown(title, changed, found, across_machines=across_machines))
    if as_json:
        typer.echo(json.dumps(output.document(changed, found), indent=1))
    else:
        width = None if sys.stdout.isatty() else 180
        shown = output.console(changed, found, across_machines=across_machines)
        Console(width=width, highlight=False).print(shown)


@app.command()
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


app.command("index")(archive.index)
app.command("query")(archive.query)
app.command("export")(archive.export)
app.command("import")(archive.import_)


# ------------------------------------------------------------------------------------------------------- parts


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """End the program with its own exit status when the user ends what goes on inside; nothing of it is kept."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _prove(todo: Mapping[str, Sequence[Task]], reference: str, seeds: Sequence[int], *, banded: bool) -> list[Finding]:
    """Run gates, and show on stderr what has been found last."""
    from rich.console import Console

    from harness.parity import engine

    findings = []
    with Console(stderr=True).status("parity: starting") as status, interruptible():
        for finding in engine.check(todo, reference, seeds, banded=banded):
            findings.append(finding)
            of_seed = f" · seed {finding.seed}" if len(seeds) > 1 else ""
            status.update(f"parity: {finding.workload} · {finding.arm} · {finding.gate}{of_seed}")
    order = {
        name: index for index, name in enumerate(dict.fromkeys(task.name for its in todo.values() for task in its))
    }
    arms = list(todo)
    return sorted(findings, key=lambda found: (order.get(found.workload, len(order)), arms.index(found.arm)))


def _plant(shown_by: Sequence[str], arms: Sequence[str], as_json: bool) -> int:
    """Plant the faults that the workloads or gates of techniques named show, or all, and tell what became of them."""
    from rich.console import Console

    from harness import registry
    from harness.parity import planting
    from harness.parity.table import mutant_table

    if len(arms) > 1:
        fail(f"--mutants tries one arm at a time, not {', '.join(arms)}")
    arm = registry.find_arm(arms[0] if arms else planting.ARM).name
    chosen = planting.choose(shown_by)
    verdicts = []
    with Console(stderr=True).status("mutants: starting") as status, interruptible():
        for verdict in planting.run(chosen, arm):
            verdicts.append(verdict)
            status.update(f"mutants: {len(verdicts)} of {len(chosen)}; {verdict.mutant.name}: {verdict.caught}")
    verdicts.sort(key=lambda verdict: chosen.index(verdict.mutant))
    if as_json:
        typer.echo(json.dumps([verdict.as_dict() for verdict in verdicts], indent=1))
    else:
        Console(width=None if sys.stdout.isatty() else 140, highlight=False).print(mutant_table(verdicts))
    return 0 if all(verdict.located for verdict in verdicts) else FAILED


def _show_worst(findings: Sequence[Finding], seeds: Sequence[int], as_json: bool, write_bands: bool) -> list[Finding]:
    """Show the worst finding of each gate over seeds, put bands on file if asked, and return these findings."""
    from harness.parity import bands
    from harness.parity import seeds as over_seeds

    found = over_seeds.worst(findings)
    if as_json:
        typer.echo(json.dumps(over_seeds.document(found, seeds), indent=1))
    else:
        _show_findings(over_seeds.as_findings(found), as_json)
        typer.echo(f"the worst of {len(seeds)} seeds, {seeds[0]} to {seeds[-1]}")
    if write_bands:
        typer.echo(f"bands on file: {', '.join(bands.update(found)) or 'none measured'}", err=True)
    return [one.finding for one in found]


def _show_findings(findings: Sequence[Finding], as_json: bool) -> None:
    from rich.console import Console

    from harness.parity.table import table

    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    elif findings:
        Console(width=None if sys.stdout.isatty() else 140, highlight=False).print(table(findings))
    else:
        typer.echo("nothing left to prove for this code")


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _proofs(asked: Suite, suite: str, results: Path) -> list[Proof]:
    """Return what proves the halves of a suite to be one function; refuse the suite if anything is missing."""
    from harness.parity import proofs

    kept = proofs.Proofs(results / "parity")
    if lacking := proofs.describe(proofs.unproven(asked, kept)):
        named = asked.named
        command = shlex.join(
            ["twinbench", "parity", *named, "--suite", suite, "--arms", ",".join(asked.arms), "--results", str(results)]
        )
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


def _begin(folder: RunFolder, suite: Suite, proofs: list[Proof] | None) -> Manifest:
    """Return the manifest of a new run, after writing it."""
    from harness.run.coordinator import make_manifest
    from harness.store.folder import RunFolderError

    if folder.begun:
        raise RunFolderError(f"{folder.path} exists; finish it with --resume, or name another with --run")
    command = ["twinbench", *(argument for argument in sys.argv[1:] if argument != "--debug")]
    manifest = make_manifest(folder.path.name, suite, command, proofs)
    folder.write_manifest(manifest)
    return manifest


def _resume(folder: RunFolder, suite: Suite) -> Manifest:
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
    machine = fingerprint()
    changed += [
        f"{field} ({then} then, {machine[field]} now)"
        for field in ("cpu", "cores_used")
        if (then := manifest.environment.get(field)) is not None and then != machine[field]
    ]
    if changed:
        raise RunFolderError(f"{folder.path} cannot be resumed: changed since: {', '.join(changed)}; start a new run")
    return manifest


def _carry_out(folder: RunFolder, manifest: Manifest, as_json: bool) -> int:
    from harness.contract import Outcome
    from harness.progress import RichProgress
    from harness.run.coordinator import Coordinator
    from harness.store.folder import RunFolderError, latest

    with RichProgress() as progress:
        try:
            result = Coordinator(manifest.suite, folder, progress).run()
        except OSError as error:
            raise RunFolderError(
                f"{error.strerror or error} ({error.filename or folder.path}); what was measured is kept: "
                f"see to that and finish it with: {_resuming(manifest)}"
            ) from error
    if result.interrupted:  # told before the report, which another Ctrl-C may cut short
        typer.echo(f"interrupted; finish it with: {_resuming(manifest)}", err=True)
    try:
        summary = _show(folder, manifest, as_json)
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


def _resuming(manifest: Manifest) -> str:
    """Return the command that finishes a run, by its name: a later run of the same suite may be begun before."""
    named = any(argument == "--run" or argument.startswith("--run=") for argument in manifest.command)
    return shlex.join([*manifest.command, "--resume", *([] if named else ["--run", manifest.run])])


def _summary(folder: RunFolder, manifest: Manifest) -> tuple[Summary, list[Record]]:
    """Return the figures of a run, and the records that they come from."""
    from harness import registry
    from harness.report.summary import summarize

    records, quarantined = folder.read_records()
    damaged = [one.reason for one in quarantined]
    for reason in damaged:
        typer.echo(f"twinbench: left out: {reason}", err=True)
    known = registry.workloads() | registry.variants()
    return summarize(manifest, records, known, registry.techniques(), damaged), records


def _show(folder: RunFolder, manifest: Manifest, as_json: bool) -> Summary:
    """Write the report, print the comparison, and return what both say."""
    from rich.console import Console

    from harness import dashboard, report
    from harness.report.console import tables

    summary, records = _summary(folder, manifest)
    path, page = report.write(folder.path, summary), dashboard.write(folder.path, summary)
    if as_json:
        typer.echo(json.dumps(_document(manifest, records, path, page), indent=1))
        return summary
    width = None if sys.stdout.isatty() else 100
    Console(width=width, highlight=False).print(tables(summary))
    typer.echo(f"report: {os.path.relpath(path)}")
    typer.echo(f"dashboard: {os.path.relpath(page)}")
    return summary


def _document(manifest: Manifest, records: Sequence[Record], report: Path, dashboard: Path) -> dict[str, Any]:
    return {
        "run": manifest.run,
        "report": str(report),
        "dashboard": str(dashboard),
        "manifest": manifest.model_dump(mode="json"),
        "records": [record.model_dump(mode="json") for record in records],
    }


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
    from harness.archive.files import ExportFault
    from harness.archive.index import IndexFault
    from harness.compare.origin import Incomparable
    from harness.convert import ConversionError
    from harness.gate.baseline import BaselineError
    from harness.matrix import SuiteError
    from harness.monitoring.request import WatchError
    from harness.parity.engine import ParityError
    from harness.registry import UnknownName
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
        | WatchError,
    ):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    return None


if __name__ == "__main__":
    main()
