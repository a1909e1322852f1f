"""The summary in words. Every sentence is made from figures and says nothing that they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from harness import stats
from harness.contract import Outcome
from harness.report import contests, figures, targets, text
from harness.report.comparison import Comparison, FurtherRace
from harness.report.families import Family, Judgement
from harness.report.row import Row
from harness.report.speedups import Speedup
from harness.report.summary import Summary

LENGTH = 5
"""Sentences of a summary, as many as are read; a warning comes on top of them."""

NAMED = 3
"""Things that a sentence names before it counts the rest; their own chapters have all."""


def sentences(summary: Summary) -> list[str]:
    """Return all that is said of a run, most important first, as Markdown: what to believe, who is faster, who learns.

    Then what went wrong, and then what only some runs have.
    """
    speed, learning = list(_by_track(summary, _speed)), list(_by_track(summary, _learning))
    return [
        _asked(summary),
        *_warnings(summary),
        *speed[:1],
        *learning[:1],
        _evidence(summary),
        *_techniques(summary),
        *map(contests.sentence, summary.contests),
        *_gaps(summary),
        *_mixed(summary),
        *speed[1:],
        *learning[1:],
        *_track(summary),
    ]


def divided(summary: Summary) -> tuple[list[str], list[str]]:
    """Return the sentences of the summary, and those that a chapter further on has: contests have theirs themselves."""
    found, most = sentences(summary), LENGTH + len(list(_warnings(summary)))
    elsewhere = set(map(contests.sentence, summary.contests))
    return found[:most], [sentence for sentence in found[most:] if sentence not in elsewhere]


def _sentence(clauses: Sequence[str]) -> str:
    """Return clauses as one sentence."""
    joined = "; ".join(clauses)
    return f"{joined[0].upper()}{joined[1:]}."


def _some(found: Sequence[str]) -> str:
    """Return the first of what there is, and how many more there are."""
    more = len(found) - NAMED
    return ", ".join(found[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _by_track(summary: Summary, say: Callable[[Sequence[Comparison]], Iterator[str]]) -> Iterator[str]:
    """Say of each track by itself what there is to say: they are not the same contest."""
    for track in dict.fromkeys(comparison.track for comparison in summary.comparisons):
        found = [comparison for comparison in summary.comparisons if comparison.track == track]
        yield from (sentence if track == "matched" else f"Stock track. {sentence}" for sentence in say(found))


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(text.code, names))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "es" if noun.endswith("ch") else "s")


def _tally(verdicts: Iterable[stats.TimeVerdict | stats.AccuracyVerdict | None]) -> str:
    counts = Counter(verdict for verdict in verdicts if verdict is not None)
    if set(counts) <= {stats.TimeVerdict.LOOK, stats.AccuracyVerdict.LOOK}:
        return "a look"
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def _rows(comparisons: Iterable[Comparison]) -> Iterator[tuple[Comparison, Row]]:
    return ((comparison, row) for comparison in comparisons for row in comparison.rows)


def _asked(summary: Summary) -> str:
    suite = summary.manifest.suite
    workloads = dict.fromkeys(comparison.workload.name for comparison in summary.comparisons)
    precisions = dict.fromkeys(comparison.precision for comparison in summary.comparisons)
    scope = f"{_what(summary, len(workloads))} in {', '.join(precisions)} on {_names(suite.arms)}"
    scope += f", {_count(suite.seeds, 'seed')} and {_count(suite.launches, 'launch')} a cell"
    rows = [row for _, row in _rows(summary.comparisons)]
    if all(row.metric is None and row.step_ms is None for row in rows):
        return f"{scope}: **no cell gave a result.**"
    if not any(_has_rival(comparison) for comparison in summary.comparisons):
        return f"{scope}: **no verdicts: nowhere do two arms have results to compare.**"
    timed = {row.time_verdict for row in rows} - {None, stats.TimeVerdict.LOOK, stats.TimeVerdict.UNSTABLE}
    judged = {row.accuracy_verdict for row in rows} - {None, stats.AccuracyVerdict.LOOK}
    needs = f"a verdict needs {stats.MIN_SEEDS} seeds for accuracy and {stats.MIN_LAUNCHES} launches for time"
    if (suite.seeds >= stats.MIN_SEEDS and not judged) or (suite.launches >= stats.MIN_LAUNCHES and not timed):
        needs += ", undisturbed and in two arms"
    if not timed and not judged:
        return f"{scope}: **a look, no verdicts** ({needs})."
    if not timed:
        return f"{scope}: verdicts on accuracy, no verdicts on time ({needs})."
    if not judged:
        return f"{scope}: verdicts on time, no verdicts on accuracy ({needs})."
    return f"{scope}: verdicts on accuracy and time ({needs}; p values are adjusted over this report)."


def _has_rival(comparison: Comparison) -> bool:
    """Return whether an arm beside the reference has a result."""
    return any(row.arm != comparison.reference and (row.metric or row.launches) for row in comparison.rows)


def _warnings(summary: Summary) -> Iterator[str]:
    """Say what has to be known before any figure is believed, in one go."""
    told = []
    if any(comparison.proof is None for comparison in summary.matched):
        told.append("**UNVERIFIED: nobody asked for proof that the arms compute one function.**")
    broken = [comparison for comparison in summary.comparisons if comparison.health.conflicts]
    if broken:
        where = _some([text.code(comparison.name) for comparison in broken])
        track = "matched" if any(comparison.track == "matched" for comparison in broken) else "stock"
        told.append(
            f"**The {track} track is broken on {where}: arms that must start or multiply alike do not.** "
            "There, compare nothing."
        )
    if told:
        yield " ".join(told)


def _what(summary: Summary, count: int) -> str:
    """Return how many workloads there are, variants of techniques told apart, and in which tracks."""
    families = summary.families
    varied = {comparison.workload.name for family in families for comparison in family.comparisons.values()}
    parts = [_count(count - len(varied), "workload")] if count > len(varied) else []
    if varied:
        techniques = _count(len({family.technique.name for family in families}), "technique")
        parts.append(f"{_count(len(varied), 'variant')} of {techniques}")
    tracks = dict.fromkeys(comparison.track for comparison in summary.comparisons)
    return " and ".join(parts) + (f", {' and '.join(tracks)} track," if "stock" in tracks else "")


def _speed(comparisons: Sequence[Comparison]) -> Iterator[str]:
    races: dict[tuple[str, str, str], list[tuple[str, stats.Ratio | None, Row]]] = {}
    for comparison in comparisons:
        raced = [("a train step", comparison.name, comparison.rows, comparison.reference)]
        raced += [(race.words.one, _where(comparison, race), race.rows, race.reference) for race in comparison.further]
        for what, where, rows, against in raced:
            names = {row.arm: text.code(row.arm) + (f" ({row.mode})" if row.mode else "") for row in rows}
            for row in rows:
                unstable = row.time_verdict is stats.TimeVerdict.UNSTABLE
                if against is not None and row.arm != against and (row.ratio or unstable):
                    key = (what, names[row.arm], names[against])
                    races.setdefault(key, []).append((where, None if unstable else row.ratio, row))
    told: dict[tuple[str, str], list[str]] = {}
    for (what, arm, reference), found in races.items():
        told.setdefault((what, reference), []).append(f"{arm} {_span(found)}")
    for (what, reference), arms in told.items():
        yield f"{what[0].upper()}{what[1:]} takes, in multiples of one of {reference}: {'; '.join(arms)}."


def _span(found: Sequence[tuple[str, stats.Ratio | None, Row]]) -> str:
    """Return the least and the greatest ratio of an arm, each with its place, and the verdicts on all of them."""
    ratios = sorted(((ratio, name) for name, ratio, _ in found if ratio), key=lambda item: item[0].estimate)
    ends = [f"{figures.ratio(ratio)} ({text.code(name)})" for ratio, name in (*ratios[:1], *ratios[1:][-1:])]
    span = " to ".join(ends) or "no time that says anything"
    return f"{span}, {_count(len(found), 'race')}: {_tally(row.time_verdict for _, _, row in found)}"


def _where(comparison: Comparison, race: FurtherRace) -> str:
    size = race.leg.batch_size
    return comparison.name if size is None else f"{comparison.name} · batch {size}"


def _learning(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Say in one sentence what the arms learn: beside each other, beside the targets, and how many trainings do."""
    if clauses := [*_accuracy(comparisons), *_targets(comparisons), *_watched(comparisons)]:
        yield _sentence(clauses)


def _accuracy(comparisons: Sequence[Comparison]) -> Iterator[str]:
    found = [(c, row, row.difference) for c, row in _rows(comparisons) if row.difference is not None]
    if not found:
        return
    verdicts = _tally(row.accuracy_verdict for _, row, _ in found)
    start = f"accuracy against the reference: {_count(len(found), 'difference')}, {verdicts}"
    if short := sum(_short_of_seeds(comparison, row) for comparison, row, _ in found):
        start += f" ({short} without seeds that have no result)"
    comparison, row, largest = max(found, key=lambda item: abs(item[2].estimate) / item[2].margin)
    if largest.estimate == 0:
        yield f"{start}; all are exactly 0"
        return
    scale = figures.Scale.of(comparison.workload)
    shown = f"{figures.difference(largest, scale)} {scale.difference_unit}".rstrip()
    yield (
        f"{start}; the largest in units of its margin is {shown} beside a margin of {scale.margin(largest.margin)} "
        f"({text.code(row.arm)} on {text.code(comparison.name)})"
    )


def _short_of_seeds(comparison: Comparison, row: Row) -> bool:
    """Return whether a mean, or that of the reference, lacks seeds: what did not fail may be better than what did."""
    seeds = {one.arm: one.seeds for one in comparison.rows}
    return min(row.seeds, seeds.get(comparison.reference or row.arm, row.seeds)) < comparison.seeds


def _targets(comparisons: Sequence[Comparison]) -> Iterator[str]:
    trained = [comparison for comparison in comparisons if any(row.metric for row in comparison.rows)]
    cut = [comparison for comparison in trained if comparison.budget_cut]
    judged = [(comparison, row) for comparison, row in _rows(comparisons) if row.target_met is not None]
    parts = []
    if judged:
        below = [(comparison, row) for comparison, row in judged if not row.target_met]
        part = f"{len(judged) - len(below)} of {len(judged)} means reach their workload's target"
        if short := sum(row.seeds < comparison.seeds for comparison, row in judged):
            part += f" ({short} over fewer seeds than were asked for)"
        if below:
            part += f"; below it: {_some([_short_of_target(comparison, row) for comparison, row in below])}"
        parts.append(part)
    if cut:
        whole = f"{len(cut)} of {_count(len(trained), 'comparison')}"
        parts.append(f"{whole} ran with a cut budget, where no target is judged")
    if parts:
        yield f"targets: {'; '.join(parts)}"


def _watched(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Say how many trainings reach the target at all, of those that were watched epoch by epoch."""
    found = [reach for comparison in comparisons for reach in targets.reaches(comparison)]
    if not found:
        return
    reached, seeds = sum(reach.reached for reach in found), sum(reach.seeds for reach in found)
    others = f"; the other {seeds - reached} are censored" if reached < seeds else ""
    which = f"{reached} of {_count(seeds, 'training')}"
    yield f"watched epoch by epoch: {which} reach the target within the budget{others}"


def _techniques(summary: Summary) -> Iterator[str]:
    """Say how often what was expected of variants held, and where it did not."""
    judged = [(family, judgement) for family in summary.families for judgement in family.judgements]
    if not judged:
        return
    counts = Counter(judgement.verdict for _, judgement in judged)
    tally = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    clauses = [f"Expectations of techniques, each in every arm: {tally}"]
    if failed := [_expected(*one) for one in judged if one[1].verdict is stats.ClaimVerdict.NOT_HELD]:
        clauses.append(f"**not as expected**: {_some(failed)}")
    yield _sentence(clauses)


def _expected(family: Family, answer: Judgement) -> str:
    variant = text.code(f"{family.technique.name}.{answer.expectation.variant}")
    figure = answer.expectation.figure.replace("_", " ")
    return f"{figure} of {variant} in {text.code(answer.arm)} ({family.track} track)"


def _mixed(summary: Summary) -> Iterator[str]:
    """Say what mixed precision makes of the times of each arm: no verdict, for the two were not timed side by side."""
    changes: dict[tuple[str, str], dict[str, list[Speedup]]] = {}
    for found in summary.speedups:
        changes.setdefault(found.precisions, {}).setdefault(found.after.arm, []).append(found)
    for (more, less), by_arm in changes.items():
        told = []
        how = f"times as fast as in {more}, not timed side by side and so without verdict"
        for arm, each in by_arm.items():
            stable = sorted((one for one in each if not one.unstable), key=lambda one: one.speed.estimate)
            ends = [f"{figures.ratio(one.speed)} ({text.code(one.place)})" for one in (*stable[:1], *stable[1:][-1:])]
            told.append(f"{text.code(arm)} {' to '.join(ends) or 'no time that says anything'}")
        yield f"In {less} a train step is so many {how}: {'; '.join(told)}."


def _gaps(summary: Summary) -> Iterator[str]:
    """Say where the frameworks' own defaults change the metric most."""
    if not summary.gaps:
        return
    found = max(summary.gaps, key=lambda gap: abs(gap.difference.estimate) / gap.comparison.workload.margin)
    scale = figures.Scale.of(found.comparison.workload)
    shown = f"{figures.difference(found.difference, scale)} {scale.difference_unit}".rstrip()
    yield (
        f"Matched minus stock, {_count(len(summary.gaps), 'difference')}: the largest in units of its margin is {shown}"
        f" ({text.code(found.matched.arm)} on {text.code(found.comparison.workload.name)})."
    )


def _short_of_target(comparison: Comparison, row: Row) -> str:
    where = f"{text.code(row.arm)} on {text.code(comparison.name)}"
    if row.metric is None or comparison.workload.target is None:
        return where
    scale = figures.Scale.of(comparison.workload)
    return f"{where} ({figures.metric(row.metric, scale)}, target {scale.plain(comparison.workload.target)})"


def _track(summary: Summary) -> Iterator[str]:
    matched = [comparison for comparison in summary.matched if _has_rival(comparison)]
    if not matched or any(comparison.health.conflicts for comparison in summary.comparisons):
        return
    compared = sum(comparison.health.compared for comparison in matched)
    if not compared:
        yield "Whether the arms started alike is unknown: no two arms gave hashes of the same cell."
        return
    spreads = [
        (spread, comparison.name)
        for comparison in matched
        if (spread := comparison.health.first_loss_spread) is not None and not comparison.health.chance
    ]
    worst = ""
    if spreads:
        spread, name = max(spreads)
        worst = f"; their first losses differ by at most {spread:.1e} relative ({text.code(name)})"
        if spread == 0:
            worst = "; their first losses are the same"
        if any(comparison.health.chance for comparison in matched):
            worst += ", where nothing is drawn at random"
    yield (
        f"Matched track: wherever two arms gave hashes of parameters, batch orders and data ({compared} times) "
        f"they agree{worst}."
    )


def _evidence(summary: Summary) -> str:
    """Say in one sentence what failed, and what other programs disturbed."""
    return _sentence([_failed(summary), *_contention(summary)])


def _failed(summary: Summary) -> str:
    failed = sum(count for outcome, count in summary.failed.items() if outcome is not Outcome.UNSUPPORTED)
    parts = [f"none of {_count(summary.cells, 'cell')} failed" if summary.cells else "no cell was run"]
    if failed:
        how = ", ".join(f"{n} {outcome}" for outcome, n in summary.failed.items() if outcome is not Outcome.UNSUPPORTED)
        parts = [f"**{failed} of {_count(summary.cells, 'cell')} failed** ({how})"]
    if refused := summary.failed.get(Outcome.UNSUPPORTED, 0):
        parts.append(f"{refused} unsupported")
    if unsupported := [failure.arm for failure in summary.failures if failure.cells is None]:
        parts.append(f"not runnable here: {_names(unsupported)}")
    if missing := sum(comparison.missing for comparison in summary.comparisons) + _unfitted(summary):
        parts.append(f"{_count(missing, 'cell')} that the suite asks for {'has' if missing == 1 else 'have'} no record")
    if summary.damaged:
        parts.append(f"**{_count(len(summary.damaged), 'damaged record')} left out**")
    return f"failures: {'; '.join(parts)}"


def _unfitted(summary: Summary) -> int:
    models = [model for contest in summary.contests for model in contest.models]
    return sum(max(0, model.asked - model.records) for model in models)


def _contention(summary: Summary) -> Iterator[str]:
    found = [contention for comparison in summary.comparisons for _, contention in comparison.races]
    rounds = sum(contention.rounds for contention in found)
    if not rounds:
        return
    if all(contention.pressure is None and contention.foreign is None for contention in found):
        yield "contention: this machine does not tell, so disturbed rounds could not be seen"
        return
    disturbed = sum(contention.disturbed for contention in found)
    left = sum(contention.left for contention in found)
    unstable = [f"{text.code(row.arm)} on {text.code(name)}" for name, row in summary.unstable]
    stable = f"**UNSTABLE**: {_some(unstable)}" if unstable else "nothing is UNSTABLE"
    if not disturbed:
        yield f"contention: none of {_count(rounds, 'round')} was disturbed; {stable}"
        return
    how = f"{disturbed} of {_count(rounds, 'round')} disturbed, {left} of them still after reruns and left out"
    yield f"contention: {how}; {stable}"
