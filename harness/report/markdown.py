"""The report as GitHub-flavoured Markdown that also reads well in a terminal. Rendering only, no arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from harness.report import (
    beside,
    certificates,
    chapters,
    contests,
    figures,
    gpu,
    gpu_memory,
    limits,
    loss_scale,
    operations,
    remarks,
    reproduce,
    scopes,
    speedups,
    text,
)
from harness.report.comparison import Comparison, FurtherRace
from harness.report.contents import Contents
from harness.report.failures import Failure
from harness.report.plots import Pictures
from harness.report.readback import Readback, flatten
from harness.report.sentences import divided
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
    further: list[tuple[str, str, str | None]]
    cost_table: str
    memory_table: str
    notes: list[str]
    target: str
    picture: str | None


def _section(comparison: Comparison, pictures: Pictures) -> _Section:
    cells = figures.Cells(comparison)
    scale = cells.scale
    reference = remarks.named(comparison.reference)
    unit, difference_unit = (f" ({u})" if u else "" for u in (scale.unit, scale.difference_unit))
    learnt = [
        f"{scale.metric}{unit} ± 95 %",
        f"difference to {reference}{difference_unit} [95 %], margin {scale.margin(comparison.workload.margin)}",
    ]
    race = table(
        [
            "arm",
            "mode",
            *(learnt if cells.learns else ()),
            "train step (ms)",
            f"ratio to {reference} [95 %]",
            "time · accuracy" if cells.learns else "time",
        ],
        (
            [text.code(row.arm), text.escape(mode), *figures_]
            for row in comparison.rows
            for mode, *figures_ in [cells.race(row)]
        ),
        right=(2, 3, 4, 5) if cells.learns else (2, 3),
    )
    drawn = pictures.beside.get(comparison.name, {})
    further = [
        (about, shown, drawn.get(picture or ""))
        for about, shown, picture in beside.parts(cells, lambda race: _further(cells, race))
    ]
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
        about=remarks.about(comparison),
        proof=remarks.proof(comparison),
        health=remarks.health(comparison),
        reference=remarks.reference(comparison),
        race_table=race,
        further=further,
        cost_table=cost,
        memory_table=_memory(comparison),
        notes=[text.escape(note) for note in cells.notes.texts],
        target=remarks.target(comparison),
        picture=pictures.losses.get(comparison.name),
    )


def _memory(comparison: Comparison) -> str:
    """Return peaks of memory by phase; nothing where no arm told them."""
    told = comparison.phases
    phases = list(dict.fromkeys(phase for by_phase in told.values() for phase in by_phase))
    rows = (
        [text.code(arm), *(f"{by_phase[p]:,.0f}" if p in by_phase else figures.MISSING for p in phases)]
        for arm, by_phase in told.items()
    )
    header = ["arm", *(f"{scopes.phase(phase)} (MiB)" for phase in phases)]
    return table(header, rows, right=range(1, len(header))) if told else ""


def _further(cells: figures.Cells, race: FurtherRace) -> str:
    return table(
        ["arm", f"{race.words.unit} (ms)", f"ratio to {remarks.named(race.reference)} [95 %]", "time", "launches"],
        ([text.code(row.arm), *cells.further(row, race)] for row in race.rows),
        right=(1, 2, 4),
    )


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


def _operations(found: operations.Operations | None) -> str:
    """Return a table whose rows go by operation, named in the first of each."""
    if found is None or not found.rows:
        return ""
    named, shown = "", []
    for row in found.rows:
        name = "" if row.operation == named else text.code(row.operation)
        named = row.operation
        figures_ = operations.cells(row, found.reference)
        if row.note:
            figures_[1] += f" ({text.escape(row.note)})"
        shown.append([name, text.code(row.arm), *figures_])
    header = [label.format(text.code(found.reference)) for label in operations.HEADER]
    return f"{text.escape(operations.about(found), 2000)}\n\n{table(header, shown, right=(2, 3, 5))}"


def _undrawn(comparisons: int) -> str:
    """Return that not all comparisons have pictures, if they have not."""
    if comparisons <= figures.MOST:
        return ""
    drawn = f"Pictures are drawn of the first {figures.MOST} of {comparisons:,} comparisons"
    return f"{drawn}; the dashboard, `report.html`, draws all."


def _contention(summary: Summary) -> str:
    if not summary.races:
        return ""
    found = table(
        ["race", *figures.CONTENTION],
        ([text.code(name), *figures.contention(contention)] for name, contention in summary.races),
        right=range(1, 8),
    )
    return f"{found}\n\n{figures.ABOUT_CONTENTION}"


def _key_values(pairs: Iterable[tuple[str, str]], header: tuple[str, str]) -> str:
    return table(header, ([text.escape(key), text.escape(value)] for key, value in pairs))


def _versions(manifest: Manifest) -> str:
    def row(arm: ArmStatus) -> list[str]:
        versions = ", ".join(f"{name} {version}" for name, version in arm.versions.items())
        return [
            text.code(arm.name),
            figures.role(arm, manifest.suite),
            text.escape(versions) or figures.MISSING,
            text.escape(arm.reason or "runs here"),
        ]

    return table(["arm", "role", "versions", "here"], map(row, manifest.arms))


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


def guide(*, expectations: bool, looks: Sequence[int]) -> list[str]:
    """Return how to read a report, line by line.

    Args:
        expectations: Whether it has techniques with something expected of them.
        looks: Launches after which races may have been judged.
    """
    lines = _TEMPLATES.get_template("how_to_read.md.j2").render(chapters=expectations, looks=looks).splitlines()
    return [line.partition(". ")[2] for line in lines]


def _gpu(watched: Sequence[gpu.Watched], drawn: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return name, sentence and picture of every race that has a timeline and a picture of it."""
    return [(text.escape(one.name), text.escape(one.about), drawn[one.name]) for one in watched if one.name in drawn]


def render(summary: Summary, pictures: Pictures) -> str:
    """Return the report."""
    manifest, plain, contents = summary.manifest, summary.workloads, Contents()
    said, more = divided(summary)
    watched = gpu.watched(summary.comparisons)
    context: dict[str, Any] = {
        "heading": contents.heading,
        "looks": manifest.suite.looks,
        "listing": contents.listing,
        "run": text.code(manifest.run),
        "suite_title": f"Suite {text.code(manifest.suite.name)}: {text.escape(manifest.suite.title)}".rstrip("."),
        "created": text.escape(re.sub(r"\.\d+", "", manifest.created)),
        "sentences": said,
        "more": more,
        "ratios_picture": pictures.ratios,
        "undrawn": _undrawn(len(plain)),
        "sections": [_section(comparison, pictures) for comparison in plain],
        "chapters": [
            chapters.chapter(family, summary.gaps, pictures.families.get(family.name)) for family in summary.families
        ],
        "precision": speedups.sheet(summary.speedups).markdown() if summary.speedups else "",
        "loss_scale": scaled.markdown() if (scaled := loss_scale.sheet(summary.comparisons)) else "",
        "classical": contests.ABOUT if summary.contests else "",
        "contests": [contests.part(contest) for contest in summary.contests],
        "classical_settings": contests.settings(summary.contests),
        "gap": chapters.gap_table([gap for gap in summary.gaps if gap.comparison in plain]),
        "operations": _operations(summary.operations),
        "failures": _failures(summary.failures),
        "changed": bool(manifest.environment.get("uncommitted_changes")),
        "damaged": [text.escape(reason) for reason in summary.damaged],
        "contention": _contention(summary),
        "certificates": certificates.chapter(manifest.certificates),
        "gpu": gpu.sheet(watched).markdown() if watched else "",
        "gpu_memory": memory.markdown() if (memory := gpu_memory.sheet(summary.comparisons)) else "",
        "gpu_races": _gpu(watched, pictures.gpu),
        "limits": limits.chapter(manifest, plain, pictures.roofline),
        "environment": _key_values(flatten(manifest.environment), ("environment", "value")),
        "versions": _versions(manifest),
        "settings": _settings(summary.readback),
        "commands": reproduce.commands(manifest),
    }
    return _TEMPLATES.get_template("report.md.j2").render(context)
