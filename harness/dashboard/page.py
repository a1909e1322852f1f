"""The page: a skeleton that Jinja fills, its style and its script by hash, and all data as one block of JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from harness import stats
from harness.dashboard import beside, charts, findings, provenance, races, timelines
from harness.dashboard.facets import Facets, named
from harness.dashboard.inline import paragraphs, runs
from harness.dashboard.samples import Samples
from harness.report import (
    certificates,
    contests,
    figures,
    gpu,
    gpu_memory,
    limits,
    loss_scale,
    markdown,
    operations,
    remarks,
    reproduce,
    speedups,
    text,
)
from harness.report.sentences import divided
from harness.report.summary import Summary

SCRIPTS = (
    "dom",
    "state",
    "theme",
    "filters",
    "table",
    "scale",
    "chart",
    "forest",
    "curves",
    "scatter",
    "lines",
    "roofline",
    "timeline",
    "samples",
    "main",
)
"""In the order in which a reader needs them; they share one scope."""

LIVE = "live"
"""The script that only a page has whose run goes on; it comes before the last."""

SECTIONS = (
    ("summary", "Summary"),
    ("more", "What else the figures say"),
    ("speed", "Speed"),
    ("accuracy", "Accuracy"),
    ("cost", "Memory, start and throughput"),
    ("precision", "Mixed precision"),
    ("comparisons", "Curves and trade-offs"),
    ("expectations", "What was expected"),
    ("classical", "Classical models beside networks"),
    ("tracks", "What the frameworks' own defaults change"),
    ("operations", "Single operations"),
    ("gpu", "GPU timeline and memory"),
    ("limits", "What the device allows, and where the time goes"),
    ("failures", "Failures"),
    ("contention", "Contention"),
    ("certificates", "How often such races err"),
    ("environment", "Environment"),
    ("reproduce", "How to reproduce"),
    ("guide", "How to read this page"),
)
"""Those that have nothing to show are taken away by the script."""


def templates(package: str) -> jinja2.Environment:
    """Return the skeletons of pages in a package's folder ``page``; whatever is put into them is escaped."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )


_TEMPLATES = templates("harness.dashboard")


def render(summary: Summary, *, live: Mapping[str, Any] | None = None) -> str:
    """Return the whole page.

    Args:
        summary: What it shows.
        live: What the page has to know of a run that goes on; null of one that has ended.
    """
    style = own("report.css")
    scripts = SCRIPTS if live is None else (*SCRIPTS[:-1], LIVE, SCRIPTS[-1])
    script = "(() => {\n'use strict';\n" + "\n".join(own(f"{name}.js") for name in scripts) + "})();\n"
    suite = summary.manifest.suite
    return _TEMPLATES.get_template("report.html.j2").render(
        run=named(summary.manifest.run),
        sections=SECTIONS,
        guide=[runs(line) for line in markdown.guide(expectations=bool(summary.families), looks=suite.looks)],
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=digest(style),
        script=Markup(script),  # noqa: S704 - our own files
        script_hash=digest(script),
        data=Markup(_embedded(document(summary) | ({"live": live} if live else {}))),  # noqa: S704 - JSON without a <
        live=live is not None,
    )


def document(summary: Summary) -> dict[str, Any]:
    """Return all that the page shows, as it is embedded."""
    facets, samples = Facets(summary), Samples(summary)
    manifest = summary.manifest
    views = certificates.views(manifest.certificates) if manifest.certificates else []
    sheets = limits.sheets(manifest, summary.workloads)
    watched = gpu.watched(summary.comparisons)
    of_device = [
        sheet for sheet in (gpu.sheet(watched) if watched else None, gpu_memory.sheet(summary.comparisons)) if sheet
    ]
    scaled = loss_scale.sheet(summary.comparisons)
    said, more = divided(summary)
    asked = {"speed": manifest.suite.launches, "accuracy": manifest.suite.seeds}
    tables = {
        "speed": races.speed(summary, facets, samples),
        "batches": beside.batches(summary, facets, samples),
        "latency": beside.latencies(summary, facets, samples),
        "accuracy": races.accuracy(summary, facets, samples),
        "targets": beside.reached(summary, facets, samples),
        "cost": races.cost(summary, facets, samples),
        "memory": races.memory(summary, facets),
        "precision": findings.precision(summary, facets),
        "expectations": findings.expectations(summary, facets),
        "classical": findings.classical(summary, facets),
        "tracks": findings.tracks(summary, facets),
        "operations": findings.operations(summary, facets),
        "failures": provenance.failures(summary, facets),
        "contention": provenance.contention(summary),
        **{sheet.name: findings.sheet(sheet, facets) for sheet in (*sheets, *of_device, *([scaled] if scaled else []))},
        **{view.name: findings.certificates(view, summary, facets) for view in views},
        "environment": provenance.environment(summary),
        "versions": provenance.versions(summary, facets),
        "settings": provenance.settings(summary),
    }
    return {
        "facets": facets.as_dict(),
        "facts": _facts(summary),
        "alerts": _alerts(summary),
        "sentences": [runs(sentence) for sentence in said],
        "more": [runs(sentence) for sentence in more],
        "same": stats.SAME_RATIO,
        "ratios": charts.ratios(summary, facets),
        "differences": charts.differences(summary, facets),
        "speedups": charts.speedups(summary, facets),
        "cards": charts.cards(summary, facets),
        "tables": {name: table.as_dict() for name, table in tables.items() if table.rows and asked.get(name, 1)},
        "precision": speedups.ABOUT,
        "classical": contests.ABOUT,
        "contention": figures.ABOUT_CONTENTION,
        "certificates": [[view.about, view.name] for view in views],
        "limits": [[runs(sheet.about), sheet.name] for sheet in sheets],
        "lacking": [runs(advice) for advice in limits.missing(manifest)],
        "gpu": [[runs(sheet.about), sheet.name] for sheet in of_device],
        "timelines": timelines.timelines(watched, facets),
        "roofline": charts.roofs(summary, facets),
        "operations": operations.about(summary.operations) if summary.operations else "",
        "damaged": [text.one_line(reason) for reason in summary.damaged],
        "commands": reproduce.commands(manifest),
        "changed": bool(manifest.environment.get("uncommitted_changes")),
        "samples": samples.found,
    }


def _facts(summary: Summary) -> list[tuple[str, str]]:
    """Return what a reader wants to know before all else."""
    manifest, machine = summary.manifest, summary.manifest.environment
    facts = [("Suite", manifest.suite.title), ("Started", re.sub(r"\.\d+", "", manifest.created))]
    told = (("Processor", "cpu"), ("Cores used", "cores_used"), ("System", "system"), ("Commit", "commit"))
    facts += [(label, str(machine[key])) for label, key in told if isinstance(machine.get(key), str | int)]
    return [(label, text.one_line(value, 100)) for label, value in facts]


def _alerts(summary: Summary) -> list[Any]:
    """Return what has to be known before any figure is read."""
    unproven = [comparison for comparison in summary.matched if comparison.proof is None]
    return paragraphs(remarks.proof(unproven[0])) if unproven else []


def _embedded(content: dict[str, Any]) -> str:
    """Return JSON that can stand in a page: it has no < that could end its element."""
    told = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return told.replace("<", "\\u003c")


def own(name: str) -> str:
    """Return a file of the page."""
    return files("harness.dashboard").joinpath("page", name).read_text(encoding="utf-8")


def digest(content: str) -> str:
    """Return what a Content-Security-Policy calls a style or a script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
