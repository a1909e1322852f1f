"""The verdict in words. Every sentence is made from figures and says nothing that they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness import stats
from harness.advice.advice import Advice, Verdict
from harness.advice.criteria import CRITERIA
from harness.report import text

NOTABLE = 0.005
"""Of a total: what adds less to a lead is not told."""

WHOLE = 0.75
"""Share of the weights that must have been measured: with less a verdict is provisional."""


def sentences(advice: Advice) -> list[str]:
    """Return the verdict, most important first, as Markdown."""
    if advice.verdict is None:
        found = [f"**No verdict**: {text.escape(advice.reason)}."]
    else:
        found = [
            f"{_provisional(advice)}{_lead(advice, advice.verdict)}",
            *_why(advice.verdict),
            _weights(advice.verdict),
            _intervals(advice.verdict),
        ]
    return [*found, *_without_part(advice), *_unranked(advice), *_caution(advice)]


def _names(names: Iterable[str]) -> str:
    found = list(map(text.code, names))
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def _title(criterion: str) -> str:
    return CRITERIA[criterion].title.lower()


def _points(totals: Mapping[str, float], arms: Iterable[str]) -> str:
    return ", ".join(f"{totals[arm]:.3f}" for arm in arms)


def _lead(advice: Advice, verdict: Verdict) -> str:
    """Say who leads, or that nobody does."""
    standing, purpose = verdict.standing, text.escape(advice.weighting.title)
    ahead, behind = standing.leaders, [arm for arm in standing.totals if arm not in standing.leaders]
    rest = f"; behind: {_names(behind)} ({_points(standing.totals, behind)})" if behind else ""
    if len(ahead) == 1:
        return f"For {purpose} **{_names(ahead)} comes first** with {_points(standing.totals, ahead)} of 1{rest}."
    return (
        f"For {purpose} there is **no difference that matters** between {_names(ahead)}: "
        f"{_points(standing.totals, ahead)} of 1, within {100 * (stats.SAME_RATIO - 1):.0f} % of each other{rest}."
    )


def _why(verdict: Verdict) -> Iterator[str]:
    """Say what decides between the first and the best of those behind."""
    standing = verdict.standing
    if standing.next is None:
        return
    first, other = standing.leaders[0], standing.next
    every = standing.parts(first, other)
    parts = {name: part for name, part in every.items() if abs(part) >= NOTABLE or name == next(iter(every))}
    ahead = [f"{_title(name)} (+{part:.3f})" for name, part in parts.items() if part > 0]
    behind = [f"{_title(name)} (−{-part:.3f})" for name, part in reversed(parts.items()) if part < 0]
    line = f"What puts {text.code(first)} before {text.code(other)}: {', '.join(ahead)}"
    if behind:
        line += f"; what speaks for {text.code(other)}: {', '.join(behind)}"
    yield f"{line}."


def _weights(verdict: Verdict) -> str:
    """Say which change of one weight would be enough to change who leads."""
    if not verdict.flips:
        return "No change of a single weight changes this."
    flip = verdict.flips[0]
    then = "comes first" if len(flip.leaders) == 1 else "are the leaders, with no difference that matters"
    return (
        f"The smallest change of one weight that changes this: {_title(flip.criterion)} from {_weight(flip.before)} to "
        f"{'more' if flip.after > flip.before else 'less'} than {_weight(flip.after)}, the others as they are; "
        f"then {_names(flip.leaders)} {then}."
    )


def _intervals(verdict: Verdict) -> str:
    """Say whether the figures are known well enough."""
    shaken = verdict.shaken
    line = "The intervals of what was measured leave no other verdict open, not even all at their ends at once"
    if shaken.alone:
        line = f"**Within its interval alone**, {_listed(shaken.alone)} could change this"
    elif shaken.together:
        line = "No interval by itself changes this; all of them at their ends at once would"
    if shaken.unbounded:
        line += f". Without an interval, and so taken as measured: {_listed(shaken.unbounded)}"
    return f"{line}."


def _weight(value: float) -> str:
    return f"{value:,.4g}"


def _listed(criteria: Iterable[str]) -> str:
    return ", ".join(map(_title, criteria))


def _absent(advice: Advice) -> dict[str, float]:
    """Return the weights of what the run has no figures for."""
    return {name: weight for name in advice.without_part if (weight := advice.weighting.of(name))}


def _provisional(advice: Advice) -> str:
    """Say before anything else that what was measured is not enough of what counts; nothing if it is."""
    given, absent = sum(advice.weighting.weights.values()), sum(_absent(advice).values())
    measured = f"{_weight(given - absent)} of {_weight(given)}"
    return f"**Provisional**, for only {measured} in weights were measured. " if given - absent < WHOLE * given else ""


def _without_part(advice: Advice) -> Iterator[str]:
    """Say which weights count for nothing, because the run has no figures for them."""
    absent = _absent(advice)
    if not absent:
        return
    given = sum(advice.weighting.weights.values())
    told = ", ".join(f"{_title(name)} ({_weight(weight)})" for name, weight in absent.items())
    yield (
        f"Not measured, and so without part: {told}. The other {_weight(given - sum(absent.values()))} of "
        f"{_weight(given)} in weights are taken as the whole."
    )


def _unranked(advice: Advice) -> Iterator[str]:
    """Say who is not ranked."""
    for arm, reason in advice.unranked.items():
        yield f"Not ranked: {text.code(arm)}, {text.escape(reason)}."


def _caution(advice: Advice) -> Iterator[str]:
    """Say what has to be known before any of it is believed."""
    ground, suite = advice.ground, advice.summary.manifest.suite
    if ground.track == "matched" and any(comparison.proof is None for comparison in ground.comparisons):
        yield "**UNVERIFIED**: nobody asked for proof that these arms compute one function."
    if not suite.interleaved:
        yield "**Not interleaved**: the arms did not take turns, so their times compare minutes of the machine too."
    if ground.broken:
        yield f"Left out, for arms that must start alike did not: {_names(ground.broken)}."
    unstable = [name for name, row in advice.summary.unstable if row.arm in ground.arms]
    if unstable:
        yield f"Left out, for other programs disturbed the times (UNSTABLE): {_names(dict.fromkeys(unstable))}."
    if missing := [
        f"{finding.criterion.title.lower()} ({finding.workloads[0]} of {finding.workloads[1]})"
        for name, finding in advice.findings.items()
        if finding.workloads and finding.workloads[0] < finding.workloads[1] and name not in advice.without_part
    ]:
        yield f"Compared only on the workloads on which all ranked arms have a figure: {', '.join(missing)}."
    few = [
        f"{count} {noun} of {least}"
        for count, noun, least in (
            (suite.launches, "launches", stats.MIN_LAUNCHES),
            (suite.seeds, "seeds", stats.MIN_SEEDS),
        )
        if 0 < count < least
    ]
    if few:
        yield f"A look: {' and '.join(few)} that a verdict of the report would need."
    if advice.summary.damaged:
        yield f"Records that could not be read are left out: {len(advice.summary.damaged)}."
