"""What a fresh process costs, and what bfloat16 gains: a figure for each workload, over which the intervals go."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TypedDict

from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding, spanned
from harness.advice.ground import Figures, Ground, shared
from harness.advice.scores import by_ratio, by_seconds, ratios, seconds

FRESH = "the run has none of a fresh process: no launch whose workers started one at a time (cold_starts), or no launch"


class _Of(TypedDict):
    """What the fields of a finding say of the workloads behind it."""

    about: str
    workloads: tuple[int, int]


def memory(ground: Ground) -> Finding:
    """Compare peak host memory."""
    return _ratios("memory", ground.figures(lambda row: row.peak_rss_mib, timed=False), "MiB", FRESH)


def cold_start(ground: Ground) -> Finding:
    """Compare cold starts."""
    return _ratios("cold_start", ground.figures(lambda row: row.cold_start_s), "s", FRESH)


def first_step(ground: Ground) -> Finding:
    """Compare first steps, in seconds."""
    found = ground.figures(lambda row: row.first_step_s)
    names, reason = _names(found, FRESH)
    if reason:
        return Finding.none("first_step", reason)
    figures = {arm: [mine[name] for name in names] for arm, mine in found.items()}
    beside = seconds(figures)
    return Finding(
        CRITERIA["first_step"],
        shown={arm: spanned(statistics.fmean(mine), None, "s") for arm, mine in figures.items()},
        scores=by_seconds(beside),
        **_of(found, names),
    )


def mixed_precision(ground: Ground) -> Finding:
    """Compare what bfloat16 gains."""
    found: Figures = {}
    for speedup in ground.summary.speedups:
        arm = speedup.after.arm
        if speedup.precisions != ("fp32", "bf16"):
            continue
        if speedup.comparison.track == ground.track and arm in ground.arms and not speedup.unstable:
            found.setdefault(arm, {})[speedup.comparison.workload.name] = 1 / speedup.speed.estimate
    names, reason = _names(found, "the run did not time fp32 and bf16 on one workload")
    if reason:
        return Finding.none("mixed_precision", reason)
    logs = {arm: [math.log(mine[name]) for name in names] for arm, mine in found.items()}
    return Finding(
        CRITERIA["mixed_precision"],
        shown={arm: spanned(math.exp(-statistics.fmean(mine)), None, "×") for arm, mine in logs.items()},
        scores=by_ratio(ratios(logs)),
        **_of(found, names),
    )


def _ratios(criterion: str, found: Figures, unit: str, absent: str) -> Finding:
    names, reason = _names(found, absent)
    if reason:
        return Finding.none(criterion, reason)
    logs = {arm: [math.log(mine[name]) for name in names] for arm, mine in found.items()}
    return Finding(
        CRITERIA[criterion],
        shown={arm: spanned(math.exp(statistics.fmean(mine)), None, unit) for arm, mine in logs.items()},
        scores=by_ratio(ratios(logs)),
        **_of(found, names),
    )


def _names(found: Mapping[str, Mapping[str, float]], absent: str) -> tuple[list[str], str | None]:
    """Return the workloads that are compared, or why there are none."""
    if not found:
        return [], absent
    if len(found) < 2:
        return [], "only one arm has a figure"
    names = shared(found)
    return names, None if names else f"no workload on which all of {', '.join(found)} have a figure"


def _of(found: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> _Of:
    every = {name for mine in found.values() for name in mine}
    of = "so there is no interval" if len(names) == 1 else "intervals of what is compared over workloads"
    return {
        "about": f"{len(names)} of {len(every)} workloads that have a figure; {of}",
        "workloads": (len(names), len(every)),
    }
