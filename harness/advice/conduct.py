"""How arms behaved: what failed, what came out the same again, what a checkpoint held."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding
from harness.advice.ground import Ground
from harness.advice.scores import by_share
from harness.contract import Outcome
from harness.report.families import Judgement
from harness.schema import ExportTrial
from harness.stats import ClaimVerdict

FAULTS = frozenset(
    {
        Outcome.DIVERGED,
        Outcome.OUT_OF_MEMORY_HOST,
        Outcome.OUT_OF_MEMORY_DEVICE,
        Outcome.TIMEOUT,
        Outcome.CRASHED,
        Outcome.INVALID_RESULT,
    }
)
"""Outcomes that are an arm's own."""


def failures(ground: Ground) -> Finding:
    """Count the cells that ended in a fault, over the whole run."""
    asked = dict.fromkeys(ground.arms, 0)
    failed: dict[str, set[object]] = {arm: set() for arm in ground.arms}
    for comparison in ground.summary.comparisons:
        for arm, evidence in comparison.evidence.items():
            if arm in asked:
                asked[arm] += sum(evidence.asked.values())
    for failure in ground.summary.failures:
        if failure.arm in failed and failure.outcome in FAULTS and not failure.recovered:
            failed[failure.arm] |= {(failure.cells, index) for index in failure.indices}
    counts = {arm: (asked[arm] - min(len(failed[arm]), asked[arm]), asked[arm]) for arm in asked if asked[arm]}
    if not counts:
        return Finding.none("failures", "nothing was asked of any arm")
    return _shares("failures", counts, "cells", "all cells of the run")


def reproducibility(ground: Ground) -> Finding:
    """Count the workloads whose launches all began with the same loss, to the bit."""
    counts: dict[str, tuple[int, int]] = {}
    for comparison in ground.comparisons:
        for arm, evidence in comparison.evidence.items():
            losses = [timing.first_loss for timing in evidence.timings.values() if timing.first_loss is not None]
            if arm in ground.arms and len(losses) > 1:
                same, whole = counts.get(arm, (0, 0))
                counts[arm] = (same + (len(set(losses)) == 1), whole + 1)
    if not counts:
        return Finding.none("reproducibility", "no workload was raced in two launches or more")
    return _shares("reproducibility", counts, "workloads", "first losses of launches")


def checkpoint(ground: Ground) -> Finding:
    """Count what was expected to end to the bit where uninterrupted training ends."""
    counts: dict[str, tuple[int, int]] = {}
    for family in ground.summary.families:
        if (family.technique.name, family.track) != ("checkpointing", ground.track):
            continue
        for judgement in family.judgements:
            if judgement.arm in ground.arms and _to_the_bit(judgement):
                held, whole = counts.get(judgement.arm, (0, 0))
                counts[judgement.arm] = (held + (judgement.verdict is ClaimVerdict.HELD), whole + 1)
    if not counts:
        return Finding.none("checkpoint", "the run does not try technique checkpointing with five seeds or more")
    return _shares("checkpoint", counts, "expectations", "technique checkpointing")


def export(ground: Ground) -> Finding:
    """Count the exports that another runtime ran, for batches of any size, with the arm's own outputs.

    Of all forms in which any of the arms could be tried: a framework that offers few has fewer ways out.
    """
    held: dict[str, dict[str, list[ExportTrial]]] = {one.workload: {} for one in ground.exports}
    for one in ground.exports:
        if one.arm in ground.arms and (tried := [trial for trial in one.trials if trial.outcome != "unsupported"]):
            held[one.workload][one.arm] = tried
    if not any(held.values()):
        return Finding.none("export", "no exports of these arms in these versions are on file; see `twinbench exports`")
    shared = [workload for workload, mine in held.items() if {*ground.arms} <= {*mine}]
    if not shared:
        lacking = [arm for arm in ground.arms if not any(arm in mine for mine in held.values())]
        return Finding.none("export", _not_shared(lacking))
    forms = {trial.form for workload in shared for arm in ground.arms for trial in held[workload][arm]}
    counts = {}
    for arm in ground.arms:
        tried = [trial for workload in shared for trial in held[workload][arm]]
        right = sum(trial.outcome == "ok" and trial.free_batch is True for trial in tried)
        counts[arm] = right, len(forms) * len(shared)
    about = f"{', '.join(shared)}; {_untried(ground, shared)}"
    return dataclasses.replace(_shares("export", counts, "exports", about), workloads=(len(shared), len(held)))


def _untried(ground: Ground, shared: Sequence[str]) -> str:
    """Name the forms that an arm would have, had its package been there."""
    found: dict[str, dict[str, None]] = {}
    for one in ground.exports:
        if one.workload in shared and one.arm in ground.arms:
            for trial in one.trials:
                if trial.outcome == "unsupported":
                    found.setdefault(one.arm, {})[trial.form] = None
    told = ", ".join(f"{arm} {' and '.join(forms)}" for arm, forms in found.items())
    return f"not tried, for want of a package: {told}" if told else "every form that an arm offers was tried"


def _not_shared(lacking: Sequence[str]) -> str:
    if lacking:
        return f"no exports of {', '.join(lacking)} in these versions are on file; see `twinbench exports`"
    return "no workload on file has exports of all ranked arms; see `twinbench exports`"


def _to_the_bit(judgement: Judgement) -> bool:
    """Return whether an expectation allows no difference at all, and was decided."""
    expected = judgement.expectation
    decided = judgement.verdict in {ClaimVerdict.HELD, ClaimVerdict.NOT_HELD}
    return decided and expected.at_least == expected.at_most == 0


def _shares(name: str, counts: Mapping[str, tuple[int, int]], noun: str, about: str) -> Finding:
    return Finding(
        CRITERIA[name],
        shown={arm: f"{part} of {whole} {noun}" for arm, (part, whole) in counts.items()},
        scores=by_share({arm: part / whole for arm, (part, whole) in counts.items()}),
        about=about,
    )
