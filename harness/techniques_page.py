"""Write ``docs/techniques.md`` from the records of a run: a paragraph for each variant, with what was measured of it.

``python -m harness.techniques_page RUN`` writes the page from a run's folder, with ``--check`` compares it with what
these records say now.
"""

from __future__ import annotations

import difflib
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import registry
from harness.contract import Variant
from harness.report import figures, text
from harness.report.chapters import judged, label, statement
from harness.report.families import Family, Line
from harness.report.figures import Scale
from harness.report.summary import Summary, summarize
from harness.report.text import number
from harness.store.atomic import write_atomically
from harness.store.folder import RunFolder

HOME = Path(__file__).resolve().parents[1]
PAGE = HOME / "docs" / "techniques.md"


def read(run: Path) -> Summary:
    """Return what a run's records say.

    Raises:
        RunFolderError: If it is no run's folder.
    """
    folder = RunFolder(run)
    workloads = registry.workloads() | registry.variants()
    return summarize(folder.read_manifest(), folder.read_records()[0], workloads, registry.techniques())


def page(summary: Summary, run: Path) -> str:
    """Return the page as Markdown; ``run`` is named on it as seen from the repository."""
    return "\n\n".join([*_head(summary, run), *_body(summary)]) + "\n"


def _head(summary: Summary, run: Path) -> Iterator[str]:
    manifest = summary.manifest
    suite = manifest.suite
    where, command = os.path.relpath(run.resolve(), HOME), text.one_line(shlex.join(manifest.command))
    yield "# Techniques"
    yield (
        "What each training technique does, variant by variant, in each framework: what was measured, beside what one "
        "expects. The variants and their expectations are in [benchmarks/techniques](../benchmarks/techniques), the "
        "halves in `models_torch/techniques` and `models_keras/techniques`; `twinbench list techniques` names them all."
    )
    yield (
        f"It is written by `python -m harness.techniques_page {where}` from the records of that run (`{command}`), "
        f"begun {text.one_line(manifest.created)}; a test compares the two. Figures are means over {suite.seeds} "
        "seeds ± half the 95 % interval. An expectation is *held* if its one-sided bounds at .05 lie within what was "
        "said, *not held* if one lies outside, else the seeds *cannot tell*; *look* is said of fewer than five. Steps "
        "are timed on staged batches, the arms in turns but one variant after the other, so that only arms compare. In "
        "the stock track optimizer and initial values are the framework's own."
    )


def _body(summary: Summary) -> Iterator[str]:
    told: set[str] = set()
    for family in summary.families:
        technique = family.technique
        if technique.name not in told:
            told.add(technique.name)
            yield f"## {text.escape(technique.title)}"
            yield text.escape(technique.about, limit=1000)
            for variant in technique.variants:
                yield from _paragraph(variant, [f for f in summary.families if f.technique.name == technique.name])


def _paragraph(variant: Variant, families: Sequence[Family]) -> Iterator[str]:
    """Yield what is known of a variant, over all precisions and tracks, as one paragraph."""
    sentences = [f"**{text.escape(variant.name)}**: {text.escape(variant.about)}."]
    for family in families:
        lines = [line for line in family.lines if line.variant.name == variant.name]
        if lines:
            where = f"{family.track.capitalize()}, {family.precision}"
            sentences.append(f"{where}: {'; '.join(_figures(line, family) for line in lines)}.")
            sentences += _answers(variant, family)
    if len(sentences) > 1:
        yield " ".join(sentences)


def _figures(line: Line, family: Family) -> str:
    """Return what was measured in one arm: metric, difference to the first variant, its own figures, time."""
    scale, row = Scale.of(line.variant.workload), line.row
    if row.metric is None:
        return f"{text.code(row.arm)} nothing ({text.escape(row.notes.get('metric', 'not measured'))})"
    parts = [f"{scale.metric} {figures.metric(row.metric, scale)} {scale.unit}".rstrip()]
    if line.against_first:
        shown = f"{figures.difference(line.against_first, scale)} {scale.difference_unit}".rstrip()
        parts[0] += f" ({shown} against {text.code(family.first)})"
    parts += [f"{label(name, scale)} {figures.mean(value)}" for name, value in line.figures.items()]
    if row.step_ms is not None:
        parts.append(f"{number(row.step_ms)} ms a step")
    return f"{text.code(row.arm)} {', '.join(parts)}"


def _answers(variant: Variant, family: Family) -> Iterator[str]:
    """Yield what was expected of the variant, and what every arm says of it."""
    expectations = dict.fromkeys(j.expectation for j in family.judgements if j.expectation.variant == variant.name)
    for expectation in expectations:
        scale = Scale.of(variant.workload)
        said = [
            f"{text.code(judgement.arm)} {judged(judgement, scale)}"
            for judgement in family.judgements
            if judgement.expectation is expectation
        ]
        because = text.escape(expectation.because, limit=500)
        yield f"Expected: {statement(expectation, scale)}, because {because}; {'; '.join(said)}."


def main() -> None:
    """Write the page, or with ``--check`` tell where it differs from the records; exit status 1 if it does."""
    given = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(given) != 1:
        sys.exit("usage: python -m harness.techniques_page RUN [--check]")
    written = page(read(Path(given[0])), Path(given[0]))
    if "--check" not in sys.argv[1:]:
        write_atomically(PAGE, written)
        return
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), written.splitlines(True), str(PAGE), "records"))
    sys.exit(int(there != written))


if __name__ == "__main__":
    main()
