"""Verdicts over a whole report: a comparison over many cells controls its error rate."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from harness import stats
from harness.report.row import Row

K = TypeVar("K", bound=Hashable)


def _adjusted(p_values: Mapping[K, float | None]) -> dict[K, float]:
    known = {key: p for key, p in p_values.items() if p is not None}
    return dict(zip(known, stats.adjust(list(known.values())), strict=True))


def judge(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with their verdicts; p values are adjusted over all of them.

    Slower-or-faster, same, different and equivalent are one family of claims each (Benjamini–Hochberg). A look
    makes no claim and an unstable race may not make one, so neither counts in a family.
    """
    no_claim = {stats.TimeVerdict.LOOK, stats.TimeVerdict.UNSTABLE}
    ratios = {i: row.ratio for i, row in enumerate(rows) if row.ratio is not None}
    raced = {i: ratio for i, ratio in ratios.items() if stats.time_verdict(ratio) not in no_claim}
    p_slower = _adjusted({i: ratio.p_different for i, ratio in raced.items()})
    p_same = _adjusted({i: ratio.p_same for i, ratio in raced.items()})
    differences = {i: row.difference for i, row in enumerate(rows) if row.difference is not None}
    judged = list(rows)
    for i, ratio in ratios.items():
        judged[i] = replace(judged[i], time_verdict=stats.time_verdict(ratio, p_slower.get(i), p_same.get(i)))
    for i, verdict in judge_differences(differences).items():
        judged[i] = replace(judged[i], accuracy_verdict=verdict)
    return judged


def judge_differences(differences: Mapping[K, stats.Difference]) -> dict[K, stats.AccuracyVerdict]:
    """Return the verdicts on differences of a metric, as two families of claims: different, and equivalent."""
    trained = {
        i: difference
        for i, difference in differences.items()
        if stats.accuracy_verdict(difference) is not stats.AccuracyVerdict.LOOK
    }
    p_different = _adjusted({i: difference.p_different for i, difference in trained.items()})
    p_equivalent = _adjusted({i: difference.p_equivalent for i, difference in trained.items()})
    return {
        i: stats.accuracy_verdict(difference, p_different.get(i), p_equivalent.get(i))
        for i, difference in differences.items()
    }
