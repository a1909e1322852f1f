"""``twinbench parity``: prove pairs, or plant faults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands.parts import FAILED, INTERRUPTED, AsJson, Results, fail, interruptible, split, tell
from harness.contract import Device

if TYPE_CHECKING:
    from harness.parity.engine import Task
    from harness.parity.gates import Finding
    from harness.parity.proofs import Proofs


def parity(
    workloads: Annotated[
        list[str] | None,
        typer.Argument(help="Workloads, or techniques with all variants; all workloads, and all exercises, if none."),
    ] = None,
    suite: Annotated[str, typer.Option(help="Only what this suite rests on and is not yet proven.")] = "",
    fast: Annotated[bool, typer.Option("--fast", help="Of the suite only what `run --fast` looks at.")] = False,
    arms: Annotated[str, typer.Option(help="Only these arms, separated by commas; all that run here if none.")] = "",
    gate: Annotated[str, typer.Option(help="Only these gates, separated by commas.")] = "",
    device: Annotated[
        Device,
        typer.Option(help="What halves compute on; the reference, and techniques by themselves, on the CPU."),
    ] = "cpu",
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
    from harness.measure.environment import hash_sources, source_sha256
    from harness.parity import proofs

    option = "--suite" if suite else "--write-bands" if write_bands else "--mutants" if mutants else ""
    refused = {
        "--write-bands wants --seeds: a band is measured over many": write_bands and not seeds,
        f"{option} says by itself what halves compute on; leave out --device": option and device != "cpu",
        "--suite chooses the gates itself; leave out --gate": suite and gate,
        "--fast is of a suite; name it with --suite": fast and not suite,
    }
    for message, applies in refused.items():
        if applies:
            fail(message)
    named, rivals = workloads or [], split(arms)
    if mutants:
        raise typer.Exit(_plant(named, rivals, as_json))
    kept = proofs.Proofs(results / "parity")
    code = source_sha256()
    if suite:
        reference, todo, device = _of_suite(suite, fast, named, rivals, kept)
    else:
        reference, todo = _of_pairs(named, rivals, split(gate))
    tried = range(seed, seed + (seeds or 1))
    findings, whole = _prove(todo, reference, tried, banded=not write_bands, device=device)
    if whole and seeds:
        findings = _show_worst(findings, tried, as_json, write_bands)
    elif whole:
        _show_findings(findings, as_json)
    if whole and not findings and not suite:
        fail("no gate compares anything here: the arms that run are the reference, or have nothing of what was asked")
    if hash_sources() != code:
        fail("the code was edited meanwhile, so nothing is on file; run it again")
    proofs.keep(findings, reference, kept, device)
    if not whole:
        typer.echo("interrupted; what was tried to its end is on file, and --suite goes on from there", err=True)
        raise typer.Exit(INTERRUPTED)
    if not all(finding.passed for finding in findings):
        raise typer.Exit(FAILED)


def _of_suite(
    suite: str, fast: bool, workloads: Sequence[str], arms: Sequence[str], kept: Proofs
) -> tuple[str, dict[str, list[Task]], Device]:
    """Return the reference of a suite, what of it has yet to be proven, and what that computes on."""
    from harness import narrow, registry
    from harness.matrix import read_suite
    from harness.parity import engine, proofs

    named = [workload.name for name in workloads for workload in registry.find_workloads(name)]
    asked = narrow.narrow(read_suite(suite), arms=arms, workloads=named)
    if fast:
        asked = narrow.fast(asked)
    return engine.choose_reference(asked.arms), proofs.unproven(asked, kept), asked.device


def _of_pairs(workloads: Sequence[str], arms: Sequence[str], gates: Sequence[str]) -> tuple[str, dict[str, list[Task]]]:
    """Return the reference, and the gates named, or all, of the workloads and techniques named, or all."""
    from harness import registry
    from harness.parity import engine

    wanted = [engine.find_gate(name) for name in gates or engine.gates(pairs_only=bool(workloads))]
    found = [one for name in workloads or engine.affordable() for one in registry.find_workloads(name)]
    chosen = list({workload.name: workload for workload in found}.values())
    rivals = [registry.find_arm(name).name for name in arms or registry.arms()]
    reference = engine.choose_reference(rivals)
    absent = {arm: reason for arm in rivals if (reason := registry.missing(registry.find_arm(arm)))}
    if arms and absent:
        fail("; ".join(f"{arm} cannot run here: {reason}" for arm, reason in absent.items()))
    return reference, {arm: engine.tasks(chosen, wanted) for arm in rivals if arm not in absent}


def _prove(
    todo: Mapping[str, Sequence[Task]], reference: str, seeds: Sequence[int], *, banded: bool, device: Device
) -> tuple[list[Finding], bool]:
    """Run gates, and show on stderr what has been found last; return the findings, and whether they are all.

    Of an arm that was interrupted those are left out that it was about to add to: of its last workload or technique.
    """
    from rich.console import Console

    from harness.parity import engine

    findings, whole = [], True
    with Console(stderr=True).status("parity: starting") as status:
        try:
            for finding in engine.check(todo, reference, seeds, banded=banded, device=device):
                findings.append(finding)
                of_seed = f" · seed {finding.seed}" if len(seeds) > 1 else ""
                status.update(f"parity: {finding.workload} · {finding.arm} · {finding.gate}{of_seed}")
        except KeyboardInterrupt:
            whole, last = False, {finding.arm: engine.subject(finding) for finding in findings}
            findings = [finding for finding in findings if engine.subject(finding) != last[finding.arm]]
    order = {
        name: index for index, name in enumerate(dict.fromkeys(task.name for its in todo.values() for task in its))
    }
    arms = list(todo)
    found = sorted(findings, key=lambda found: (order.get(found.workload, len(order)), arms.index(found.arm)))
    return found, whole


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
        typer.echo(json.dumps(planting.document(verdicts, arm), indent=1))
    else:
        tell(mutant_table(verdicts), 140)
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
    from harness.parity.table import table

    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    elif findings:
        tell(table(findings), 140)
    else:
        typer.echo("nothing left to prove for this code")
