"""What ``benchmarks.techniques.augmentation`` draws, against the distributions that it is named for.

Arms are handed these draws and make none of their own, so that one test does for all.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from benchmarks.techniques.augmentation import draw
from harness.parity.chance import exactly, masks, sample, surprise

if TYPE_CHECKING:
    from harness.contract import Array

BATCHES = 1000
SHAPE = (8, 1, 12, 9)
"""Of a batch. Small, so that pairs of samples and partners come up often enough to be counted."""

FLIP_RATE, MOST, DEGREES, ZOOM, ALPHA, SCALE = 0.3, 2, 30.0, 0.2, 0.4, 0.1
SIZE, PADDING = (7, 6), 3
RARE = 8.0
"""Cells of a chi-square test that expect fewer than so many are counted together."""


@functools.lru_cache(maxsize=1)
def tests(seed: int) -> list[tuple[str, dict[str, float]]]:
    """Return −log10 p of the tests of each technique's draws."""
    return [(name, dict(test(seed))) for name, test in TESTS.items()]


def drawn(name: str, seed: int, **options: object) -> dict[str, Array]:
    """Draw for many batches; each parameter (batches, N, …)."""
    shape = SHAPE[:2] + SHAPE[3:] if name == "shift_signal" else SHAPE
    batches = [draw(name, shape, (seed, batch), **options) for batch in range(BATCHES)]
    return {parameter: np.stack([batch[parameter] for batch in batches]) for parameter in batches[0]}


def independent(values: Array) -> dict[str, float]:
    """Return −log10 p of tests that values (batches, N, …) of one distribution are drawn by themselves.

    The correlation of independent values is normal for as many as there are here.
    """
    values = values - values.mean(axis=(0, 1))  # axes may have other bounds
    pairs = {"batches": (values[::2], values[1::2]), "samples": (values[:, ::2], values[:, 1::2])}
    if values.ndim > 2 and values.shape[2] > 1:
        pairs["axes"] = (values[:, :, 0], values[:, :, 1])
    return {
        f"independence of {what}": surprise(stats.pearsonr(one.ravel(), other.ravel()).pvalue)
        for what, (one, other) in pairs.items()
    }


def whole(values: Array, low: int, high: int) -> dict[str, float]:
    """Return −log10 p of tests that values (batches, N) are uniform on low … high, both included."""
    inside = bool(((values >= low) & (values <= high)).all())
    expected = dict.fromkeys(range(low, high + 1), 1 / (high - low + 1))
    return {"bounds": exactly(inside), "distribution": counted(values.ravel(), expected) if inside else math.inf}


def counted(values: Array, expected: Mapping[int, float]) -> float:
    """Return −log10 p of a chi-square test that whole numbers have the expected probabilities."""
    found = np.array([np.count_nonzero(values == value) for value in expected], dtype=np.float64)
    if found.sum() != len(values):
        return math.inf  # a value that cannot occur
    means = np.array(list(expected.values())) * len(values)
    rare = means < RARE
    if rare.any():
        found, means = (np.append(each[~rare], each[rare].sum()) for each in (found, means))
    return surprise(stats.chisquare(found, means).pvalue)


def partners(partner: Array) -> dict[str, float]:
    """Return −log10 p of tests that each row of ``partner`` (batches, N) is a uniform permutation.

    The counts of (place, partner) over B permutations of N have a covariance of B / (N − 1) times that of doubly
    centred normal numbers, so that (N − 1) / N times their chi-square has (N − 1)² degrees of freedom.
    """
    batches, n = partner.shape
    if not np.array_equal(np.sort(partner, axis=1), np.broadcast_to(np.arange(n), partner.shape)):
        return {"permutation": math.inf}
    counts = np.stack([np.count_nonzero(partner == other, axis=0) for other in range(n)])
    mean = batches / n
    statistic = float(np.sum((counts - mean) ** 2)) / mean * (n - 1) / n
    repeated = int(np.count_nonzero(partner[::2] == partner[1::2]))  # one in a pair of batches, on average: Poisson
    return {
        "permutation": surprise(float(stats.chi2.sf(statistic, (n - 1) ** 2))),
        "independence of permutations": surprise(_two_sided_poisson(repeated, batches // 2)),
    }


def boxes(first: Array, last: Array, length: int, alpha: float) -> float:
    """Return −log10 p of a test that sides of boxes have the probabilities that follow from λ ~ Beta(α, α).

    ⌊√(1 − λ)·length⌋ is h where λ is between 1 − ((h + 1) / length)² and 1 − (h / length)².
    """
    expected: dict[int, float] = {}
    beta = stats.beta(alpha, alpha)
    for h in range(length):
        of_size = float(beta.cdf(1 - (h / length) ** 2) - beta.cdf(1 - ((h + 1) / length) ** 2))
        for middle in range(length):
            start = middle - h // 2
            side = max(start, 0) * (length + 1) + min(start + h, length)
            expected[side] = expected.get(side, 0.0) + of_size / length
    return counted((first * (length + 1) + last).ravel(), expected)


def _flip(seed: int) -> dict[str, float]:
    flipped = drawn("flip", seed, rate=FLIP_RATE)["flipped"]
    return masks(flipped / FLIP_RATE, np.ones(flipped.shape[1]), 1 - FLIP_RATE)


def _shift(seed: int, name: str = "shift") -> dict[str, float]:
    offset = drawn(name, seed, most=MOST)["offset"]
    return _by_axis(offset, [(-MOST, MOST)] * offset.shape[2])


def _shift_signal(seed: int) -> dict[str, float]:
    return _shift(seed, "shift_signal")


def _crop(seed: int) -> dict[str, float]:
    corner = drawn("crop", seed, size=SIZE, padding=PADDING)["corner"]
    return _by_axis(corner, [(-PADDING, length + PADDING - kept) for length, kept in zip(SHAPE[2:], SIZE, strict=True)])


def _cutout(seed: int) -> dict[str, float]:
    return _by_axis(drawn("cutout", seed)["centre"], [(0, length - 1) for length in SHAPE[2:]])


def _rotation(seed: int) -> dict[str, float]:
    most = np.deg2rad(DEGREES)
    return _continuous(drawn("rotation", seed, degrees=DEGREES)["angle"], stats.uniform(-most, 2 * most))


def _zoom(seed: int) -> dict[str, float]:
    return _continuous(drawn("zoom", seed, most=ZOOM)["factor"] - 1, stats.uniform(-ZOOM, 2 * ZOOM))


def _mixup(seed: int) -> dict[str, float]:
    found = drawn("mixup", seed, alpha=ALPHA)
    return _continuous(found["share"] - 0.5, stats.beta(ALPHA, ALPHA, loc=-0.5)) | partners(found["partner"])


def _cutmix(seed: int) -> dict[str, float]:
    found = drawn("cutmix", seed, alpha=ALPHA)
    top, left, bottom, right = np.moveaxis(found["box"], -1, 0)
    height, width = SHAPE[2:]
    share = 1 - (bottom - top) * (right - left) / (height * width)
    return {
        "share": exactly(np.allclose(found["share"], share, rtol=0, atol=1e-12)),
        "rows": boxes(top, bottom, height, ALPHA),
        "columns": boxes(left, right, width, ALPHA),
        **independent(share),
        **partners(found["partner"]),
    }


def _noise(seed: int) -> dict[str, float]:
    noise = drawn("noise", seed, scale=SCALE)["noise"][:100]
    return _continuous(noise.reshape(len(noise), SHAPE[0], -1), stats.norm(0, SCALE))


def _by_axis(values: Array, bounds: list[tuple[int, int]]) -> dict[str, float]:
    found = independent(values)
    for axis, (low, high) in enumerate(bounds):
        found |= {f"axis {axis}: {test}": figure for test, figure in whole(values[:, :, axis], low, high).items()}
    return found


def _continuous(values: Array, expected: object) -> dict[str, float]:
    batches = values.reshape(len(values) // 100, 2, -1)  # what ``sample`` calls tensors
    return sample(batches, expected) | independent(values)


def _two_sided_poisson(count: int, mean: float) -> float:
    poisson = stats.poisson(mean)
    return float(min(1.0, 2 * min(poisson.cdf(count), poisson.sf(count - 1))))


TESTS: Mapping[str, Callable[[int], Mapping[str, float]]] = {
    "flip": _flip,
    "shift": _shift,
    "shift of signals": _shift_signal,
    "crop": _crop,
    "rotation": _rotation,
    "zoom": _zoom,
    "cutout": _cutout,
    "mixup": _mixup,
    "cutmix": _cutmix,
    "noise": _noise,
}
