"""Times of train steps and forward passes: ratios taken launch by launch, since arms took turns within each."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence

from harness import stats
from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding, spanned
from harness.advice.ground import Ground, shared
from harness.advice.scores import by_ratio, ratios
from harness.report.evidence import Evidence
from harness.report.race import paired_rounds
from harness.report.row import Row

Race = tuple[str, str | None, Sequence[Row], Mapping[str, Evidence]]
"""Name, reference, rows and what each arm left."""


def speed(ground: Ground) -> Finding:
    """Compare train steps."""
    return _compare("speed", ground, [(c.name, c.reference, c.rows, c.evidence) for c in ground.comparisons])


def inference(ground: Ground) -> Finding:
    """Compare forward passes."""
    races: list[Race] = [
        (comparison.name, passes.reference, passes.rows, passes.evidence)
        for comparison in ground.comparisons
        if (passes := comparison.race("inference"))
    ]
    if not races:
        return Finding.none("inference", "the suite races no forward passes (scopes: [step, inference])")
    return _compare("inference", ground, races)


def _compare(name: str, ground: Ground, races: Sequence[Race]) -> Finding:
    if not ground.summary.manifest.suite.launches:
        return Finding.none(name, "the suite has no launches")
    found: dict[str, dict[str, dict[int, float]]] = {}
    for race, reference, rows, evidence in races:
        for arm, by_launch in _logs(reference, rows, evidence):
            if arm in ground.arms:
                found.setdefault(arm, {})[race] = by_launch
    if len(found) < 2:
        return Finding.none(name, "fewer than two arms have undisturbed times")
    names = shared({arm: dict.fromkeys(mine, 0.0) for arm, mine in found.items()})
    if not names:
        return Finding.none(name, f"no workload on which all of {', '.join(found)} have undisturbed times")
    common = sorted(set.intersection(*(set(mine[race]) for mine in found.values() for race in names)))
    if not common:
        return Finding.none(name, "no launch in which all arms ran every workload undisturbed")
    logs = {
        arm: [statistics.fmean(mine[race][launch] for race in names) for launch in common]
        for arm, mine in found.items()
    }
    beside = ratios(logs)
    of = "1 launch, so there is no interval" if len(common) == 1 else f"intervals over {len(common)} launches"
    return Finding(
        CRITERIA[name],
        shown={arm: f"{spanned(one.estimate, one.interval)} ×" for arm, one in beside.items()},
        scores=by_ratio(beside),
        about=f"{len(names)} of {len(races)} workloads; {of}",
        workloads=(len(names), len(races)),
    )


def _logs(
    reference: str | None, rows: Sequence[Row], evidence: Mapping[str, Evidence]
) -> Iterator[tuple[str, dict[int, float]]]:
    """Yield every arm with the log of its ratio to the reference in each launch; unstable arms are left out."""
    if reference is None:
        return
    against = evidence[reference].timings
    for row in rows:
        mine = evidence[row.arm].timings
        if row.time_verdict is stats.TimeVerdict.UNSTABLE or not mine:
            continue
        logs = {}
        for sitting in mine.keys() & against.keys():
            x, y, _ = paired_rounds(mine[sitting], against[sitting])
            if x:
                logs[sitting[0]] = stats.launch_log_ratio(x, y)
        if logs:
            yield row.arm, logs
