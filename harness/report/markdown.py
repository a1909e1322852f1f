"""The report as GitHub-flavoured Markdown that also reads well in a terminal. Rendering only, no arithmetic."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from harness.report import chapters, figures, text
from harness.report.comparison import Comparison
from harness.report.failures import Failure
from harness.report.plots import Pictures
from harness.report.race import merge
from harness.report.readback import Readback, flatten
from harness.report.sentences import sentences
from harness.report.summary import Summary
from harness.report.tables import table
from harness.schema import ArmStatus, Manifest

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("harness.report"),
    autoescape=jinja2.select_autoescape(("html",)),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True)
class _Section:
    """One comparison, ready to be placed."""

    heading: str
    about: str
    proof: str
    health: str
    reference: str
    race_table: str
    inference_table: str | None
    cost_table: str
    notes: list[str]
    target: str
    picture: str | None


def _section(comparison: Comparison, picture: str | None) -> _Section:
    cells = figures.Cells(comparison)
    scale = cells.scale
    reference = _named(comparison.reference)
    unit, difference_unit = (f" ({u})" if u else "" for u in (scale.unit, scale.difference_unit))
    race = table(
        [
            "arm",
            "mode",
            f"{scale.metric}{unit} ± 95 %",
            f"difference to {reference}{difference_unit} [95 %], margin {scale.margin(comparison.workload.margin)}",
            "train step (ms)",
            f"ratio to {reference} [95 %]",
            "time · accuracy",
        ],
        (
            [text.code(row.arm), text.escape(mode), *figures_]
            for row in comparison.rows
            for mode, *figures_ in [cells.race(row)]
        ),
        right=(2, 3, 4, 5),
    )
    passes = comparison.inference
    inference = None
    if passes:
        inference = table(
            ["arm", "forward pass (ms)", f"ratio to {_named(passes.reference)} [95 %]", "time", "launches"],
            ([text.code(row.arm), *cells.inference(row, passes)] for row in passes.rows),
            right=(1, 2, 4),
        )
    cost = table(
        [
            "arm",
            "first step (s)",
            "cold start (s)",
            "peak host memory (MiB)",
            "parameters",
            "seeds",
            "launches",
            "contended rounds",
        ],
        ([text.code(row.arm), *cells.cost(row)] for row in comparison.rows),
        right=range(1, 8),
    )
    return _Section(
        heading=text.escape(comparison.name),
        about=_about(comparison),
        proof=_proof(comparison),
        health=_health(comparison),
        reference=_reference(comparison),
        race_table=race,
        inference_table=inference,
        cost_table=cost,
        notes=[text.escape(note) for note in cells.notes.texts],
        target=_target(comparison),
        picture=picture,
    )


def _named(reference: str | None) -> str:
    return "reference" if reference is None else text.code(reference)


def _about(comparison: Comparison) -> str:
    workload = comparison.workload
    optimizer = workload.optimizer
    return (
        f"{text.escape(workload.title)}: {text.code(workload.architecture.name)} on {text.code(workload.dataset)}, "
        f"{optimizer.name} at learning rate {optimizer.learning_rate:g}, batch {workload.batch_size}, "
        f"{comparison.epochs} epochs."
    )


def _proof(comparison: Comparison) -> str:
    if comparison.track == "stock":
        return "Not proven, and not meant to be: what the frameworks choose for themselves differs."
    if comparison.proof is None:
        return "> **UNVERIFIED: nobody asked for proof that these arms compute one function.**"
    return f"Proven before the race, worst arm against the reference: {', '.join(figures.proven(comparison.proof))}."


def _health(comparison: Comparison) -> str:
    health = comparison.health
    if health.conflicts:
        conflicts = "".join(f"\n> - {text.escape(conflict)}" for conflict in health.conflicts)
        broken = f"{comparison.track.upper()} TRACK BROKEN"
        return f"> **{broken}: the figures below do not compare like with like.**\n>{conflicts}"
    if comparison.track == "stock":
        return figures.STOCK
    agreed = [agreement.what for agreement in health.agreements if agreement.compared]
    if not agreed:
        return "Whether the arms started alike is unknown: no two arms gave hashes of the same cell."
    line = f"Matched track: the same {', '.join(agreed)} in all arms that gave hashes"
    silent = dict.fromkeys(arm for agreement in health.agreements for arm in agreement.silent)
    if silent:
        line += f" (not in full: {', '.join(map(text.code, silent))})"
    if health.first_loss_spread is not None:
        line += f"; relative spread of the first loss {health.first_loss_spread:.1e}"
    return f"{line}."


def _reference(comparison: Comparison) -> str:
    if comparison.reference is None:
        return "No arm that could be the reference has a result."
    line = f"Reference: {text.code(comparison.reference)}; a ratio above 1 means slower than it."
    return line if comparison.displaced is None else f"{line} **{text.escape(comparison.displaced)}.**"


def _target(comparison: Comparison) -> str:
    workload, scale = comparison.workload, figures.Scale.of(comparison.workload)
    if workload.target is None and workload.metric:
        return "No target: a variant is compared with others."
    if workload.target is None:
        return "Speed only: nothing is learned from these data, so there is no target."
    if comparison.budget_cut:
        return f"Budget cut to {comparison.epochs} of {workload.epochs} epochs: target not judged."
    met: dict[bool, list[str]] = {True: [], False: []}
    for row in comparison.rows:
        if row.target_met is not None:
            met[row.target_met].append(text.code(row.arm))
    better = "less" if workload.less_is_better else "more"
    line = f"Target, a mean {scale.metric.removeprefix('mean ')} of {scale.plain(workload.target)} or {better}"
    if not met[True] and not met[False]:
        return f"{line}: no arm was trained."
    parts = [f"{word} by {', '.join(arms)}" for word, arms in (("met", met[True]), ("**not met**", met[False])) if arms]
    return f"{line}: {'; '.join(parts)}."


def _failures(failures: Sequence[Failure]) -> str:
    def row(failure: Failure) -> list[str]:
        where = "every cell"
        if failure.cells is not None:
            workload, precision, scope = failure.cells
            unit = "seed" if scope == "accuracy" else "launch"
            where = f"{text.code(workload)} · {precision} · {scope}, {unit} {', '.join(map(str, failure.indices))}"
        more = f" and {len(failure.logs) - 1} more" if len(failure.logs) > 1 else ""
        return [
            text.code(failure.arm),
            where,
            failure.outcome + (", another attempt ok" if failure.recovered else ""),
            text.code(failure.logs[0]) + more if failure.logs else figures.MISSING,
            text.escape(failure.reason),
        ]

    return table(["arm", "cell", "outcome", "log", "reason"], map(row, failures)) if failures else ""


def _contention(summary: Summary) -> str:
    def percent(share: float | None) -> str:
        return figures.MISSING if share is None else f"{100 * share:.1f}"

    races = [race for comparison in summary.workloads for race in comparison.races]
    for family in summary.families:
        each = [comparison.contention for comparison in family.comparisons.values()]
        races.append((f"{family.name}, {len(each)} variants", merge(each)))
    raced = [race for race in races if race[1].rounds]
    if not raced:
        return ""
    found = table(
        [
            "race",
            "launches",
            "rounds",
            "disturbed",
            "reruns",
            "left out",
            "largest pressure (%)",
            "largest foreign load (%)",
        ],
        (
            [
                text.code(name),
                *map(str, (c.launches, c.rounds, c.disturbed, c.reruns, c.left)),
                percent(c.pressure),
                percent(c.foreign),
            ]
            for name, c in raced
        ),
        right=range(1, 8),
    )
    legend = (
        "A round is disturbed when any arm's block in it was, and is then run again; left out when no repetition was "
        "clean. Pressure: share of a block in which some task waited for a core. Foreign load: share of all cores "
        "that other processes used. A dash: this machine does not tell."
    )
    return f"{found}\n\n{legend}"


def _key_values(pairs: Iterable[tuple[str, str]], header: tuple[str, str]) -> str:
    return table(header, ([text.escape(key), text.escape(value)] for key, value in pairs))


def _versions(arms: Sequence[ArmStatus]) -> str:
    def row(arm: ArmStatus) -> list[str]:
        versions = ", ".join(f"{name} {version}" for name, version in arm.versions.items())
        role = "witness" if arm.witness else "raced"
        return [
            text.code(arm.name),
            role,
            text.escape(versions) or figures.MISSING,
            text.escape(arm.reason or "runs here"),
        ]

    return table(["arm", "role", "versions", "here"], map(row, arms))


def _settings(found: Readback) -> list[str]:
    parts = []
    if found.alike:
        parts.append(f"**The same in all arms**: {_listed(found.alike)}.")
    if found.unlike:
        header = ["setting", *map(text.code, found.arms)]
        rows = (
            [text.escape(setting), *(text.escape(values.get(arm, figures.MISSING)) for arm in found.arms)]
            for setting, values in found.unlike.items()
        )
        parts.append(table(header, rows))
    parts += [f"**Only {text.code(arm)} has**: {_listed(values)}." for arm, values in found.own.items()]
    return parts


def _listed(values: Mapping[str, str]) -> str:
    return "; ".join(f"{text.escape(setting)} = {text.escape(value)}" for setting, value in values.items())


def _prove(manifest: Manifest) -> str:
    """Return the command that proves what the run's own command then races."""
    suite = manifest.suite
    workloads = suite.named
    return shlex.join(["twinbench", "parity", *workloads, "--suite", _suite(manifest), "--arms", ",".join(suite.arms)])


def _suite(manifest: Manifest) -> str:
    """Return the suite as the command named it: its own name, or the path of its file."""
    named = [word for word in manifest.command if word == manifest.suite.name or word.endswith((".yaml", ".yml"))]
    return named[0] if named else manifest.suite.name


def render(summary: Summary, pictures: Pictures) -> str:
    """Return the report."""
    manifest, plain = summary.manifest, summary.workloads
    context: dict[str, Any] = {
        "run": text.code(manifest.run),
        "suite_title": f"Suite {text.code(manifest.suite.name)}: {text.escape(manifest.suite.title)}".rstrip("."),
        "created": text.escape(manifest.created),
        "sentences": sentences(summary),
        "ratios_picture": pictures.ratios,
        "sections": [_section(comparison, pictures.losses.get(comparison.name)) for comparison in plain],
        "chapters": [
            chapters.chapter(family, summary.gaps, pictures.families.get(family.name)) for family in summary.families
        ],
        "gap": chapters.gap_table([gap for gap in summary.gaps if gap.comparison in plain]),
        "failures": _failures(summary.failures),
        "changed": bool(manifest.environment.get("uncommitted_changes")),
        "damaged": [text.escape(reason) for reason in summary.damaged],
        "contention": _contention(summary),
        "environment": _key_values(flatten(manifest.environment), ("environment", "value")),
        "versions": _versions(manifest.arms),
        "settings": _settings(summary.readback),
        "prove": None if manifest.proofs is None else text.one_line(_prove(manifest), limit=10_000),
        "command": text.one_line(shlex.join(manifest.command), limit=10_000),
    }
    return _TEMPLATES.get_template("report.md.j2").render(context)
