"""Advice: what a run says of every criterion, what it comes to under some weights, and how robust that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.advice import accuracy, conduct, costs, ecosystem, effort, times
from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding
from harness.advice.ground import Ground
from harness.advice.robustness import Flip, Shaken, flips, shake
from harness.advice.standing import Standing
from harness.advice.weighting import Weighting
from harness.report.summary import Summary
from harness.schema import Exports

MEASURES: Mapping[str, Callable[[Ground], Finding]] = {
    "speed": times.speed,
    "inference": times.inference,
    "memory": costs.memory,
    "accuracy": accuracy.accuracy,
    "first_step": costs.first_step,
    "cold_start": costs.cold_start,
    "mixed_precision": costs.mixed_precision,
    "export": conduct.export,
    "checkpoint": conduct.checkpoint,
    "reproducibility": conduct.reproducibility,
    "code": effort.code,
    "workarounds": effort.workarounds,
    "failures": conduct.failures,
    "ecosystem": ecosystem.ecosystem,
}


@dataclass(frozen=True)
class Verdict:
    """What scores and weights come to.

    Attributes:
        flips: Of each weight that can change who leads, the smallest change first.
    """

    standing: Standing
    flips: Sequence[Flip]
    shaken: Shaken


@dataclass(frozen=True)
class Advice:
    """Which arm for which need.

    Attributes:
        ground: Of the ranked arms.
        findings: By criterion, all of them.
        without_part: Criterion -> why it takes no part.
        unranked: Arm -> why it is not ranked.
        verdict: Null where there is nothing to choose between.
        reason: Why there is no verdict.
        facts: What the criterion ecosystem counts.
    """

    summary: Summary
    weighting: Weighting
    ground: Ground
    findings: Mapping[str, Finding]
    without_part: Mapping[str, str]
    unranked: Mapping[str, str]
    verdict: Verdict | None
    reason: str | None
    facts: Sequence[ecosystem.Line]


def advise(summary: Summary, weighting: Weighting, exports: Sequence[Exports] = ()) -> Advice:
    """Judge the arms of a run by weights.

    Args:
        summary: Of the run.
        weighting: How much each criterion counts.
        exports: What is on file of its arms' exports, of the versions that it had.
    """
    everyone = Ground.of(summary, exports)
    unranked = {**_without_result(everyone), **_lacking(everyone)}
    ground = dataclasses.replace(everyone, arms=tuple(arm for arm in everyone.arms if arm not in unranked))
    findings = {name: measure(ground) for name, measure in MEASURES.items()}
    without_part = {name: reason for name, finding in findings.items() if (reason := _reason(finding, ground))}
    taking = [name for name in findings if name not in without_part]
    reason = _nothing_to_choose(ground, [weighting.of(name) for name in taking])
    return Advice(
        summary=summary,
        weighting=weighting,
        ground=ground,
        findings=findings,
        without_part=without_part,
        unranked=unranked,
        verdict=None if reason else _verdict({name: findings[name] for name in taking}, ground, weighting),
        reason=reason,
        facts=ecosystem.lines(ground.arms),
    )


def _verdict(findings: Mapping[str, Finding], ground: Ground, weighting: Weighting) -> Verdict:
    scores = {name: {arm: finding.scores[arm] for arm in ground.arms} for name, finding in findings.items()}
    table = {name: {arm: score.value for arm, score in mine.items()} for name, mine in scores.items()}
    standing = Standing.of(table, {name: weighting.of(name) for name in table})
    return Verdict(standing, flips(standing), shake(standing, scores))


def _nothing_to_choose(ground: Ground, weights: Sequence[float]) -> str | None:
    if not ground.comparisons:
        return "the run has no workload on which arms can be compared"
    if len(ground.arms) < 2:
        return f"only {ground.arms[0]} has results to be judged by" if ground.arms else "no arm has a result"
    if not any(weights):
        return "the run measured nothing that has a weight"
    return None


def _reason(finding: Finding, ground: Ground) -> str | None:
    """Return why a criterion takes no part."""
    if finding.reason is not None:
        return finding.reason
    lacking = [arm for arm in ground.arms if arm not in finding.scores]
    return f"no figure of {', '.join(lacking)}" if lacking else None


def _lacking(ground: Ground) -> dict[str, str]:
    """Return the arms that lack a figure which a choice cannot do without, where two others have it."""
    found: dict[str, list[str]] = {}
    for name, criterion in CRITERIA.items():
        if criterion.needed and (finding := MEASURES[name](ground)).reason is None:
            for arm in ground.arms:
                if arm not in finding.scores:
                    found.setdefault(arm, []).append(criterion.title.lower())
    return {arm: f"no figure of its {' and '.join(titles)}" for arm, titles in found.items()}


def _without_result(ground: Ground) -> dict[str, str]:
    """Return the arms that were to be raced and have no result at all, with the reason."""
    summary = ground.summary
    statuses = {status.name: status for status in summary.manifest.arms}
    found = {}
    for arm in summary.manifest.suite.arms:
        status = statuses.get(arm)
        if arm in ground.arms or (status and status.witness):
            continue
        failures = [failure for failure in summary.failures if failure.arm == arm]
        found[arm] = f"{failures[0].outcome}: {failures[0].reason}" if failures else "no result that can be compared"
    return found
