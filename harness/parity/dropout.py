"""Gate 6 on what is random, dropout or a sampled code: where it stands, and what it follows.

No two frameworks draw alike.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from harness.parity.errors import Distance, distance
from harness.parity.immaterial import immaterial, split
from harness.parity.pair import Half, has_chance, with_chance

if TYPE_CHECKING:
    from harness.contract import Array, Precision, Workload
    from harness.parity.gates import Finding, Stage

COPIES = 16
"""Of each sample, in one batch: each has a mask of its own, so that one pass gives a mean over many."""

SEEDS = 12
"""Two draws from each."""

BY_DRAW, BY_SEED = ", from draw to draw", ", from seed to seed"
CHANGES = BY_DRAW, BY_SEED
PREDICTED = "predicted"
NO_GRADIENTS = ("loss", PREDICTED)
STEP = "loss of a train step"
OFF_FP64 = 1e-10
ROUNDING = 1e-5
"""Of float32, relative, as ``forward`` bounds it."""

NOTHING = 1e-7
"""Of the largest size of all: what float32 makes of a gradient of zero."""

BOUND = 6.0
"""Of −log10 p: a level of 1e-6 for each test. Seeds are fixed, so a healthy pair that passes once always does."""


def dropout(stage: Stage) -> Iterator[Finding]:
    """What chance does to the loss and to every gradient; draws that follow the seed; predictions, which have none.

    Compared are the means, over many draws, of the loss, of the size of each gradient, and of how far draws are apart.
    Dropout behind a shortcut, or before an activation instead of behind it, has others; so has a code that is drawn
    with another deviation. In float32, where chance hides no more than in float64 and convolutions take a tenth of the
    time. Predictions in float64, and where a code is sampled in them too, like gradients.
    """
    if not has_chance(stage.workload):
        yield dataclasses.replace(stage.tally("dropout", []), note="nothing random")
        return
    variant = with_chance(stage.workload)
    sampled = _samples(stage.workload)
    yield from _drawn(stage, variant, sampled)
    if not sampled:
        yield _off(stage, variant)


def step(stage: Stage) -> Iterator[Finding]:
    """What chance does to a train step as the framework takes it: its loss is that of the first draw of gradients.

    Every half by itself, for only its own draws are the same. Compiled or not, a step may tell the layers less than
    who asks for gradients does.
    """
    if not has_chance(stage.workload) or stage.workload.accumulation > 1:  # parts of a batch have other masks
        yield dataclasses.replace(stage.tally("step", []), note="nothing random, or steps in parts")
        return
    _, half = stage.open_pair(with_chance(stage.workload), _precision(stage))
    batch = _copies(stage)
    half.load(stage.tensors)
    expected = half.probe("gradients", **batch)["loss"]
    half.load(stage.tensors)
    if not _samples(stage.workload):
        half.probe("predict", x=stage.x)  # which draws nothing
    half.probe("stage", **{name: array[np.newaxis] for name, array in batch.items()})
    yield stage.finding("step", distance({STEP: half.probe("step")["loss"]}, {STEP: expected}, ROUNDING), ROUNDING)


def _samples(workload: Workload) -> bool:
    """Return whether what is random is a code, in evaluation too."""
    return "dropout" not in workload.architecture.arguments


def _precision(stage: Stage) -> Precision:
    return "fp64" if stage.open_single is None else "fp32"


def _copies(stage: Stage) -> dict[str, Array]:
    return {"x": np.repeat(stage.x, COPIES, axis=0), "y": np.repeat(stage.y, COPIES, axis=0)}


def _drawn(stage: Stage, variant: Workload, sampled: bool) -> Iterator[Finding]:
    """Yield what is found of draws: what chance does, and what they follow."""
    batch = _copies(stage)
    reference, half = stage.open_pair(variant, _precision(stage))

    def gradients(of: Half) -> dict[str, Array]:
        return split(of.probe("gradients", **batch))

    def everything(of: Half) -> dict[str, Array]:
        return gradients(of) | ({PREDICTED: of.probe("predict", x=batch["x"])["output"]} if sampled else {})

    def outputs(of: Half) -> dict[str, Array]:
        return of.probe("training taps", x=batch["x"])

    def sizes(of: Half, draw: Callable[[Half], dict[str, Array]] = everything, seeds: int = SEEDS) -> dict[str, Array]:
        return figures(twice(of, stage.tensors, draw, seeds))

    ours, theirs = sizes(half), reference.answer("dropout", sizes)
    declared = immaterial(stage.workload.architecture, theirs)
    left_out = {f"{name}{change}" for name in declared for change in ("", *CHANGES)}
    found = surprise(ours, theirs, left_out)
    if found.first:  # the first layer whose output shows it, or the last whose gradient does
        layers = sizes(half, outputs), reference.answer("dropout outputs", lambda of: sizes(of, outputs))
        from_last = {name: theirs[name] for name in reversed(stage.called(theirs))}
        first = surprise(*layers, ()).first or surprise(ours, from_last, left_out).first
        found = dataclasses.replace(found, first=first)
    yield stage.finding("dropout place", found, BOUND)

    once_more = sizes(half, gradients, seeds=1)  # with no prediction in between, which may draw too
    names = [name for name in once_more if name not in left_out and not name.endswith(CHANGES)]
    drawn, again = (np.stack([of[name] for name in names], axis=1) for of in (ours, once_more))
    yield stage.tally("dropout seed", repetitions(drawn[::2], again))


def _off(stage: Stage, variant: Workload) -> Finding:
    """Return what is found of predictions, which leave nothing to chance."""
    reference, half = stage.open_pair(variant, "fp64")
    apart = distance(half.probe("predict", x=stage.x), reference.probe("predict", x=stage.x), OFF_FP64)
    if apart.first:  # the layer, if one shows it by itself
        of_layers = distance(half.probe("taps", x=stage.x), reference.probe("taps", x=stage.x), OFF_FP64)
        apart = dataclasses.replace(apart, first=of_layers.first or apart.first)
    return stage.finding("dropout off fp64", apart, OFF_FP64)


def twice(
    of: Half, tensors: Mapping[str, Array], draw: Callable[[Half], dict[str, Array]], seeds: int
) -> Iterator[dict[str, Array]]:
    """Draw twice from each seed, with the tensors loaded before."""
    for seed in range(seeds):
        of.load(tensors, seed)
        yield draw(of)
        yield draw(of)


def figures(draws: Iterable[Mapping[str, Array]]) -> dict[str, Array]:
    """Return of each tensor its RMS at every draw, and that of what changes from one to the next, of a seed or another.

    The change is chance alone, of which the mean over a batch leaves little in the size: it tells one mask for all
    steps of a sequence from a mask for each, where sizes differ by less than the noise, and a layer whose masks stay
    where they are from those that go on.

    Args:
        draws: Two of every seed.
    """
    sizes: dict[str, list[float]] = defaultdict(list)
    before: Mapping[str, Array] = {}
    for number, draw in enumerate(draws):
        change = BY_DRAW if number % 2 else BY_SEED
        for name, tensor in draw.items():
            sizes[name].append(_rms(tensor))
            if before:
                sizes[f"{name}{change}"].append(_rms(tensor - before[name]))
        before = draw
    by_tensor = (f"{name}{change}" for name in before for change in ("", *CHANGES))
    return {name: np.array(sizes[name]) for name in by_tensor if name in sizes}


def repetitions(drawn: Array, again: Array) -> list[str]:
    """Return what is wrong with the first draws (seeds, tensors) of seeds, and with the first two of the first seed."""
    wrong = {
        "another draw from the same seed": not alike(again[0], drawn[0]),
        "the same draw from another seed": any(alike(*pair) for pair in itertools.combinations(drawn, 2)),
        "the same draw twice": alike(*again),
        "a draw that is the next seed's first": alike(again[1], drawn[1]),
    }
    return [what for what, is_so in wrong.items() if is_so]


def alike(one: Array, other: Array) -> bool:
    """Return whether two draws are the same, by the sizes of all tensors: the loss alone is now and then another's."""
    return np.allclose(one, other, rtol=ROUNDING, atol=0)


def _rms(tensor: Array) -> float:
    return float(np.sqrt(np.mean(np.square(tensor))))


def surprise(ours: Mapping[str, Array], theirs: Mapping[str, Array], left_out: Collection[str]) -> Distance:
    """Return the largest −log10 p of two-sided Welch tests of equal means, one for each name, and the first too large.

    A name that only one side has, and a figure that is not finite, are infinitely surprising.
    """
    worst, where, first = 0.0, "", None
    nothing = NOTHING * max((of.max() for name, of in theirs.items() if not name.startswith(NO_GRADIENTS)), default=0.0)
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        if name not in ours or name not in theirs or not np.isfinite([*ours[name], *theirs[name]]).all():
            return Distance(math.inf, name, name)
        # The same masks, as Keras draws them on torch, give the same up to rounding, and so does what no mask changes:
        # no evidence of a difference.
        zero = 0.0 if name.startswith(NO_GRADIENTS) else nothing
        if name in left_out or np.allclose(ours[name], theirs[name], rtol=ROUNDING, atol=zero):
            continue
        found = -math.log10(max(_welch(ours[name], theirs[name]), 1e-300))
        if found > worst:
            worst, where = found, name
        if first is None and found > BOUND:
            first = name
    return Distance(worst, where, first)


def _welch(ours: Array, theirs: Array) -> float:
    """Return the two-sided p of equal means; 0 of constants, which differ by no chance."""
    told = [(float(of.mean()), float(of.std(ddof=1)), len(of)) for of in (ours, theirs)]
    if not any(deviation for _, deviation, _ in told):
        return 0.0
    return float(stats.ttest_ind_from_stats(*told[0], *told[1], equal_var=False).pvalue)
