"""Classical models beside networks, dataset by dataset: is a network worth its training there?"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness import stats
from harness.contract import Metric, Outcome
from harness.report.comparison import Comparison
from harness.report.readback import DIFFERS, flatten
from harness.report.verdicts import judge_differences
from harness.schema import Fit, Manifest, Record
from harness.stats import AccuracyVerdict


@dataclass(frozen=True)
class Network:
    """A workload's network in the arm that is its reference: one half of a pair, for both are the same.

    Attributes:
        mean: Of the metric.
        train_s: Median over seeds of the seconds inside ``fit``, in a process that had taken its first step before.
    """

    comparison: Comparison
    arm: str
    mean: stats.Mean
    train_s: float


@dataclass(frozen=True)
class Model:
    """A classical model on one dataset.

    Attributes:
        arm: Whose process it was fitted in; null if it was in none.
        kind: Its class, by its own word; null if it did not tell.
        mean: Of the metric, over seeds; null without any.
        difference: Metric minus that of the best network; null without either of them.
        verdict: On the difference.
        train_s: Median over seeds of the seconds inside ``fit``, each the first of its process; without those of a fit
            that others took cores from, unless they did so from all.
        disturbed: Of how many seeds others took cores from the fit.
        predict_s: Median over seeds of the seconds for the whole test set.
        asked: Seeds that the suite asks for.
        records: Seeds that have a record, of whatever outcome.
        note: Why there is no metric, or of fewer seeds than asked for; null otherwise.
        settings: Read back; values that differ from seed to seed are all given.
    """

    name: str
    arm: str | None
    kind: str | None
    mean: stats.Mean | None
    difference: stats.Difference | None
    verdict: AccuracyVerdict | None
    train_s: float | None
    disturbed: int
    predict_s: float | None
    asked: int
    records: int
    note: str | None
    settings: Mapping[str, str]

    @property
    def answer(self) -> str | None:
        """The verdict in words: what is DIFFERENT is BETTER or WORSE; null where nothing was compared."""
        if self.verdict is not AccuracyVerdict.DIFFERENT or self.difference is None:
            return self.verdict and str(self.verdict)
        return BETTER if self.difference.estimate > 0 else WORSE


BETTER, WORSE = "BETTER", "WORSE"


@dataclass(frozen=True)
class Contest:
    """The classical models on one dataset, and the networks of the run that learn the same.

    Attributes:
        measure: Metric of all of them; of those that classical models learn, more is better.
        networks: Of the matched track, best first. That one failed, or was not trained, the table of its workload says.
        models: In the order of the suite.
        cut: Whether a network was trained for fewer epochs than its workload asks for; no verdict then, for with its
            whole budget it might be the best.
    """

    dataset: str
    measure: Metric
    networks: tuple[Network, ...]
    models: tuple[Model, ...]
    cut: bool

    @property
    def best(self) -> Network | None:
        """The network with the highest mean."""
        return self.networks[0] if self.networks else None

    @property
    def margin(self) -> float | None:
        """Which differences are too small to matter: that of the best network's workload; null without networks."""
        return self.networks[0].comparison.workload.margin if self.networks else None


def contests(manifest: Manifest, comparisons: Sequence[Comparison], fits: Sequence[Record]) -> tuple[Contest, ...]:
    """Return the contests of a run, in the order in which its suite comes to the datasets.

    Args:
        manifest: Of the run.
        comparisons: Of all workloads.
        fits: Of all classical models, one record for each cell.
    """
    datasets: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        if comparison.workload.suits_baselines:
            datasets.setdefault(comparison.workload.dataset, []).append(comparison)
    found = [
        _contest(manifest, dataset, rivals, mine)
        for dataset, rivals in datasets.items()
        if (mine := [record for record in fits if record.cell.workload == dataset]) or manifest.suite.baselines
    ]
    return _judged(found)


def _contest(manifest: Manifest, dataset: str, rivals: Sequence[Comparison], fits: Sequence[Record]) -> Contest:
    told = (record.fit.measure for record in fits if record.fit is not None)
    measure = next(told, rivals[0].workload.metric or "accuracy")
    alike = [one for one in rivals if one.track == "matched" and one.workload.metric == measure]
    trained = [network for comparison in alike if (network := _network(comparison))]
    networks = sorted(trained, key=lambda network: -network.mean.estimate)
    asked = dict.fromkeys([*manifest.suite.baselines, *(str(record.cell.baseline) for record in fits)])
    best = networks[0] if networks else None
    return Contest(
        dataset=dataset,
        measure=measure,
        networks=tuple(networks),
        models=tuple(
            _model(name, [record for record in fits if record.cell.baseline == name], best, manifest.suite.seeds)
            for name in asked
        ),
        cut=any(network.comparison.budget_cut for network in networks),
    )


def _network(comparison: Comparison) -> Network | None:
    """Return the network of the arm that others are compared with; None if it was not trained."""
    if comparison.reference is None:
        return None
    row = next(row for row in comparison.rows if row.arm == comparison.reference)
    records = comparison.evidence[row.arm].trained.values()
    seconds = [record.accuracy.train_s for record in records if record.accuracy is not None]
    return Network(comparison, row.arm, row.metric, statistics.median(seconds)) if row.metric else None


def _model(name: str, records: Sequence[Record], best: Network | None, seeds: int) -> Model:
    by_seed = sorted(records, key=lambda record: record.cell.index)
    found: list[Fit] = [record.fit for record in by_seed if record.fit is not None]
    metrics = [one.metric for one in found]
    clean = [one.train_s for one in found if not one.contended]
    settings: dict[str, dict[str, None]] = {}
    for record in by_seed:
        for setting, value in flatten(record.settings):
            settings.setdefault(setting, {})[value] = None
    told = {setting: DIFFERS.join(values) for setting, values in settings.items()}
    return Model(
        name=name,
        arm=next((record.cell.arm for record in by_seed), None),
        kind=told.pop("model", None),
        mean=stats.mean(metrics) if metrics else None,
        difference=_difference(metrics, best) if metrics and best else None,
        verdict=None,
        train_s=statistics.median(clean or [one.train_s for one in found]) if found else None,
        disturbed=len(found) - len(clean),
        predict_s=statistics.median(one.predict_s for one in found) if found else None,
        asked=seeds,
        records=len(records),
        note=_note(by_seed, len(metrics), seeds),
        settings=told,
    )


def _difference(metrics: Sequence[float], best: Network) -> stats.Difference:
    """Return the difference to the best network; its seeds mean something else there, so they are not paired."""
    values = list(best.comparison.evidence[best.arm].metrics.values())
    return stats.difference(metrics, values, best.comparison.workload.margin, paired=False)


def _note(records: Sequence[Record], found: int, seeds: int) -> str | None:
    failed = [record for record in records if record.outcome is not Outcome.OK]
    if failed:
        return f"{failed[-1].outcome}: {failed[-1].reason or 'no reason given'}"
    if found < seeds:
        return "no record: the run did not come to it"
    return None if found else "not asked for: the suite has no seeds"


def _judged(found: Sequence[Contest]) -> tuple[Contest, ...]:
    """Return the contests with verdicts; p values are adjusted over all of them, as a family of claims of its own."""
    places = {
        (i, j): model.difference
        for i, contest in enumerate(found)
        for j, model in enumerate(contest.models)
        if model.difference is not None
    }
    verdicts = judge_differences({place: one for place, one in places.items() if not found[place[0]].cut})
    return tuple(
        replace(
            contest,
            models=tuple(
                replace(model, verdict=verdicts.get((i, j), AccuracyVerdict.LOOK)) if (i, j) in places else model
                for j, model in enumerate(contest.models)
            ),
        )
        for i, contest in enumerate(found)
    )
