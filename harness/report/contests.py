"""What a report says of classical models: for each dataset a sentence and a table, and the settings of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import stats
from harness.report import figures, text
from harness.report.classical import BETTER, WORSE, Contest, Model, Network
from harness.report.figures import MISSING, SCALES, Notes, Scale, metric
from harness.report.readback import DIFFERS
from harness.report.tables import table
from harness.report.text import number
from harness.stats import AccuracyVerdict

ABOUT = (
    "Classical models of scikit-learn on the same training and test samples as the networks, flattened to features, "
    "with settings that nobody tuned for these data (the networks' learning rates were). Differences are to the best "
    "network of this run on the dataset, by its mean in the arm that is its reference; it is chosen by the very "
    "figures that it is compared by, which flatters it a little. They are not paired by seed. The verdicts, adjusted "
    "over all datasets, are those on accuracy, with DIFFERENT said as BETTER or WORSE. Intervals are over seeds, on "
    "one split of the data: a model without anything random has one of no width, and none tells what another split "
    "would give. Seconds are medians over seeds and no race: a classical model is fitted once, from cold, in a process "
    "of its own; a network's process had taken its first step, and compiled it, before, and whether other programs "
    "disturbed its training is not known."
)

NOT_PREDICTED = "not measured: of networks, forward passes are raced"


@dataclass(frozen=True)
class Part:
    """One dataset, ready to be placed."""

    heading: str
    sentence: str
    table: str
    notes: list[str]


def part(contest: Contest) -> Part:
    """Return what there is to say of a dataset."""
    notes = Notes()
    shown = table(header(contest), rows(contest, notes, text.code), right=(2, 3, 5, 6, 7))
    return Part(text.code(contest.dataset), sentence(contest), shown, [text.escape(note) for note in notes.texts])


def header(contest: Contest) -> list[str]:
    """Return the header of a contest's table."""
    scale = SCALES[contest.measure]
    unit, difference_unit = (f" ({u})" if u else "" for u in (scale.unit, scale.difference_unit))
    margin = "" if contest.margin is None else f", margin {scale.margin(contest.margin)}"
    return [
        "model",
        "kind",
        f"{scale.metric}{unit} ± 95 %",
        f"less that of the best network{difference_unit} [95 %]{margin}",
        "verdict",
        "training (s)",
        "predicting the test set (s)",
        "seeds",
    ]


def rows(contest: Contest, notes: Notes, name: figures.Show, *, short: bool = False) -> Iterator[list[str]]:
    """Yield networks, best first, then classical models.

    Args:
        contest: Whose they are.
        notes: Takes the reasons of what is missing.
        name: How a name is shown.
        short: Give differences with ± half their interval.
    """
    scale = SCALES[contest.measure]
    for network in contest.networks:
        best = network is contest.best
        yield [
            name(network.comparison.name),
            f"{name(network.comparison.workload.architecture.name)} in {name(network.arm)}",
            metric(network.mean, scale),
            "best network" if best else MISSING,
            MISSING,
            notes.mark(number(network.train_s), cut(network)),
            notes.mark(MISSING, NOT_PREDICTED),
            str(network.mean.count),
        ]
    for model in contest.models:
        yield _row(model, scale, notes, name, short=short)


def _row(model: Model, scale: Scale, notes: Notes, name: figures.Show, *, short: bool) -> list[str]:
    found = model.difference
    return [
        name(model.name),
        MISSING if model.kind is None else name(model.kind),
        notes.mark(MISSING if model.mean is None else metric(model.mean, scale), of_seeds(model)),
        MISSING if found is None else figures.difference(found, scale, short=short),
        model.answer or MISSING,
        notes.mark(MISSING if model.train_s is None else number(model.train_s), of_training(model)),
        MISSING if model.predict_s is None else number(model.predict_s),
        notes.mark(figures.share(0 if model.mean is None else model.mean.count, model.asked), model.note),
    ]


def cut(network: Network) -> str | None:
    """Return that a network was trained for less than its workload asks for, if it was."""
    comparison = network.comparison
    if not comparison.budget_cut:
        return None
    return f"budget cut to {comparison.epochs} of {comparison.workload.epochs} epochs: no verdicts on this dataset"


def of_training(model: Model) -> str | None:
    """Return what other programs did to the seconds of training."""
    if model.mean is None or not model.disturbed:
        return None
    if model.disturbed == model.mean.count:
        return "other programs took cores from every fit: these seconds are too many"
    return f"other programs took cores from {model.disturbed} of {model.mean.count} fits, which are left out"


def of_seeds(model: Model) -> str | None:
    """Return what is to be said of a metric over seeds, or why there is none."""
    if model.mean is None:
        return model.note
    if model.mean.interval is None:
        return "one seed: no interval"
    return "the same with every seed" if model.mean.half_width == 0 else None


def sentence(contest: Contest) -> str:
    """Return what the figures say, and no more: does a classical model do as well as the best network?"""
    where, scale = f"On {text.code(contest.dataset)}", SCALES[contest.measure]
    trained = [model for model in contest.models if model.mean is not None]
    if not trained:
        return f"{where} no classical model gave a result."
    best = contest.best
    if best is None:
        top = max(trained, key=_level)
        return f"{where} no network gave a result; the best classical model is {_name(top)} ({_mean(top.mean, scale)})."
    rival = f"the best network, {text.code(best.comparison.name)} in {text.code(best.arm)}"
    answers = {model.answer for model in trained}
    if answers == {AccuracyVerdict.LOOK}:
        why = "a network's budget was cut" if contest.cut else f"a verdict needs {stats.MIN_SEEDS} seeds"
        top = max(trained, key=_level)
        return f"{where} a look, no verdict ({why}): the best classical model is {_beside(top, best, rival, scale)}."
    for answer, claim in (
        (BETTER, "a classical model does better"),
        (AccuracyVerdict.EQUIVALENT, "a classical model does as well, within the margin"),
    ):
        if found := [model for model in trained if model.answer == answer]:
            top = max(found, key=_level)
            than = "than" if answer == BETTER else "to"
            return f"{where} {claim}: {_beside(top, best, rival, scale, f'is {answer} {than}')}."
    top = max(trained, key=_level)
    if answers == {WORSE}:
        whom = f"all {len(trained)} classical models" if len(trained) > 1 else "the one classical model"
        rest = len(contest.models) - len(trained)
        but = f" that gave a result (of {len(contest.models)})" if rest else ""
        verb = "are" if len(trained) > 1 else "is"
        return (
            f"{where} the network does better: {whom}{but} {verb} WORSE than {rival}; the nearest is "
            f"{_beside(top, best, '', scale)}."
        )
    return (
        f"{where} it is open which does better: no classical model is shown to be EQUIVALENT to {rival}, or BETTER, "
        f"and not all to be WORSE; the nearest is {_beside(top, best, '', scale)}, {top.answer}."
    )


def _level(model: Model) -> float:
    return model.mean.estimate if model.mean else float("-inf")


def _name(model: Model) -> str:
    return text.code(model.name)


def _mean(mean: stats.Mean | None, scale: Scale) -> str:
    return MISSING if mean is None else f"{metric(mean, scale)} {scale.unit}".rstrip()


def _beside(model: Model, best: Network, rival: str, scale: Scale, how: str = "beside") -> str:
    """Return a classical model, how it stands to the best network, by how much, and what either took to train."""
    whom = f"{_name(model)} {how} {rival}" if rival else _name(model)
    if model.difference is None:
        return whom
    margin = scale.margin(model.difference.margin)
    shown = f"{figures.difference(model.difference, scale)} {scale.difference_unit}".rstrip()
    return f"{whom}: {shown} beside a margin of {margin}, {_cost(model, best.train_s)}"


def _cost(model: Model, theirs: float) -> str:
    """Return what a model took to train beside a network; times that were not raced allow no finer words."""
    mine = model.train_s or 0.0
    took = f"({number(mine, 2)} s, {number(theirs, 2)} s)"
    if model.mean and model.disturbed == model.mean.count:
        return f"training times disturbed by other programs {took}"
    if not mine or not theirs:
        return f"training times {took}"
    share = mine / theirs
    if 2 / 3 < share < 3 / 2:
        return f"at about the same training time {took}"
    if share < 1:
        return f"at 1/{_rough(1 / share)} of the training time {took}"
    return f"at {_rough(share)} times the training time {took}"


def _rough(factor: float) -> str:
    return f"{float(f'{factor:.1e}'):,g}"


def settings(contests: Sequence[Contest]) -> list[str]:
    """Return for each kind of model what it told of itself after fitting, over all datasets."""
    told: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for contest in contests:
        for model in contest.models:
            if model.kind is not None:
                of_kind = told.setdefault((model.name, model.kind), {})
                for setting, value in model.settings.items():
                    of_kind.setdefault(setting, {})[value] = None
    return [
        f"{text.code(name)}, {text.code(kind)}: "
        + "; ".join(f"{text.escape(setting)} = {text.escape(DIFFERS.join(found))}" for setting, found in known.items())
        for (name, kind), known in told.items()
    ]
