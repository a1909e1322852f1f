"""The tables of what went wrong and of where figures come from: failures, contention, machine, versions, settings."""

from __future__ import annotations

from harness.dashboard.facets import Facets, named
from harness.dashboard.tables import Column, Table
from harness.report import figures
from harness.report.figures import MISSING
from harness.report.readback import flatten
from harness.report.summary import Summary
from harness.report.text import one_line


def contention(summary: Summary) -> Table:
    """Return what disturbed every race."""
    table = Table(
        "What disturbed the races", [Column("race", "name"), *(Column(label) for label in figures.CONTENTION)]
    )
    for name, found in summary.races:
        values = (
            found.launches,
            found.rounds,
            found.disturbed,
            found.reruns,
            found.left,
            found.pressure,
            found.foreign,
        )
        cells = zip(figures.contention(found), values, strict=True)
        table.add(None, named(name), *(table.cell(shown, value) for shown, value in cells))
    return table


def failures(summary: Summary, facets: Facets) -> Table:
    """Return every attempt that is not ok, with its reason."""
    table = Table(
        "What failed, and why",
        [
            Column("arm", "arm"),
            Column("workload", "name"),
            Column("cell", "text"),
            Column("outcome", "verdict"),
            Column("reason", "prose"),
            Column("log", "prose"),
        ],
    )
    for failure in summary.failures:
        workload, precision, scope = failure.cells or (None, "", "")
        unit = "seed" if scope == "accuracy" else "launch"
        indices = ", ".join(map(str, failure.indices))
        table.add(
            facets.key_of(workload, failure.arm),
            named(failure.arm),
            "every one" if workload is None else named(workload),
            "every one" if workload is None else one_line(f"{precision} · {scope}, {unit} {indices}"),
            failure.outcome + (", another attempt ok" if failure.recovered else ""),
            one_line(failure.reason),
            ", ".join(one_line(log) for log in failure.logs[:3])
            + (f" and {len(failure.logs) - 3} more" if len(failure.logs) > 3 else "")
            or MISSING,
        )
    return table


def environment(summary: Summary) -> Table:
    """Return the machine and its state."""
    table = Table("Machine and code", [Column("what", "name"), Column("value", "prose")])
    for what, value in flatten(summary.manifest.environment):
        table.add(None, named(what), one_line(value))
    return table


def versions(summary: Summary, facets: Facets) -> Table:
    """Return the arms with what they run on."""
    table = Table("Arms and their versions", [Column("arm", "arm"), Column("role", "text")])
    table.columns += [Column("versions", "prose"), Column("here", "prose")]
    for arm in summary.manifest.arms:
        told = ", ".join(f"{name} {version}" for name, version in arm.versions.items())
        table.add(
            facets.key_of(None, arm.name),
            named(arm.name),
            figures.role(arm, summary.manifest.suite),
            one_line(told) or MISSING,
            one_line(arm.reason or "runs here"),
        )
    return table


def settings(summary: Summary) -> Table:
    """Return what the frameworks reported as in force; what differs between arms comes first."""
    found = summary.readback
    columns = [Column("setting", "name"), Column("arms", "text"), *(Column(named(arm), "prose") for arm in found.arms)]
    table = Table("Settings read back from the frameworks", columns)
    for setting, told in found.unlike.items():
        table.add(None, named(setting), "differ", *(one_line(told.get(arm, MISSING)) for arm in found.arms))
    for owner, values in found.own.items():
        for setting, value in values.items():
            shown = (one_line(value) if arm == owner else MISSING for arm in found.arms)
            table.add(None, named(setting), "one alone", *shown)
    for setting, value in found.alike.items():
        table.add(None, named(setting), "alike", *[one_line(value)] * len(found.arms))
    return table
