"""Estimates, intervals and verdicts. Pure functions on arrays; only a report imports this module.

The launch is the unit of a time and the seed that of an accuracy: samples within one process are not
independent (a process keeps a speed of its own), so they are reduced to one number first. All intervals are t
intervals: on three to eight values a percentile bootstrap covers 80 to 90 % where it promises 95 %. Equality is
something to be shown (two one-sided tests), never the absence of a significant difference.

Student's t comes from ``scipy.special``: ``scipy.stats`` gives the same figures (the tests compare them), but takes
seconds to import, and a hundred times as long a call, which a report of thousands of cells would feel.
"""

from __future__ import annotations

import bisect
import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.special import stdtr, stdtrit

Values: TypeAlias = "Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]"

MIN_LAUNCHES = 8
"""Fewer launches are a look: estimates and intervals, no time verdict."""

MIN_SEEDS = 5
"""Fewer seeds are a look. At a margin of two standard deviations 5 seeds show equality in 87 % of cases, 3 in 42 %."""

SAME_RATIO = 1.03
"""Times within a factor of 1.03, either way, are the same for every practical purpose."""

TRIM = 0.2
"""Share of rounds that a robust mean drops at each end."""


class TimeVerdict(enum.StrEnum):
    """What the launches say about an arm's step time against the reference's."""

    FASTER = "FASTER"
    SAME = "SAME"
    SLOWER = "SLOWER"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNSTABLE = "UNSTABLE"
    LOOK = "look"


class ClaimVerdict(enum.StrEnum):
    """What the seeds say about something that was expected of a mean."""

    HELD = "held"
    NOT_HELD = "not held"
    CANNOT_TELL = "cannot tell"
    LOOK = "look"


class AccuracyVerdict(enum.StrEnum):
    """What the seeds say about an arm's metric against the reference's."""

    EQUIVALENT = "EQUIVALENT"
    DIFFERENT = "DIFFERENT"
    INCONCLUSIVE = "INCONCLUSIVE"
    LOOK = "look"


@dataclass(frozen=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float

    def within(self, low: float, high: float) -> bool:
        """Return whether the whole interval lies strictly between two bounds."""
        return low < self.low and self.high < high

    def covers(self, value: float) -> bool:
        """Return whether the value lies inside, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Moments:
    """What a t test needs to know of a sample.

    Attributes:
        variance: With n − 1 in the denominator; 0 for one value, which tells nothing of it.
    """

    mean: float
    variance: float
    count: int

    @classmethod
    def of(cls, values: Values) -> Moments:
        """Return the moments of a sample, exact for equal values.

        Raises:
            ValueError: If there is no value.
        """
        if len(values) == 0:
            raise ValueError("moments need at least one value")
        estimate, squared_error = _moments(values) if len(values) > 1 else (float(values[0]), 0.0)
        return cls(estimate, squared_error * len(values), len(values))


@dataclass(frozen=True)
class Mean:
    """A mean over ``count`` values with its 95 % interval; one value has no interval."""

    estimate: float
    interval: Interval | None
    count: int
    moments: Moments

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.interval is None else (self.interval.high - self.interval.low) / 2


@dataclass(frozen=True)
class Ratio:
    """Step time of an arm over step time of the reference, across launches; below 1 the arm is faster.

    Attributes:
        interval: 95 %; null with one launch, like what follows.
        narrow: 90 %, the interval of two one-sided tests at .05.
        p_different: Two-sided, against a ratio of 1.
        p_same: Of two one-sided tests against the bounds 1 / 1.03 and 1.03.
        launches: Launches that gave a log-ratio.
        contended: Launches of which most rounds stayed contended, whether they gave a log-ratio or not.
        ran: Launches in which both arms ran.
        looks: Times that the race may be judged, each a chance of a false alarm: intervals and p are for all of them.
        moments: Of the launches' log-ratios.
    """

    estimate: float
    interval: Interval | None
    narrow: Interval | None
    p_different: float | None
    p_same: float | None
    launches: int
    contended: int
    ran: int
    looks: int
    moments: Moments


@dataclass(frozen=True)
class Difference:
    """Metric of an arm minus metric of the reference, over seeds.

    Attributes:
        interval: 95 %; null when a side has one seed, like what follows.
        p_different: Two-sided, against a difference of 0.
        p_equivalent: Of two one-sided tests against ±margin.
        seeds: The smaller number of seeds of the two sides.
        paired: Whether seeds were paired, which needs the same seeds, initial parameters and batch orders.
        sides: What is compared: the differences with 0 if paired, else the metrics with the reference's.
    """

    estimate: float
    interval: Interval | None
    p_different: float | None
    p_equivalent: float | None
    margin: float
    seeds: int
    paired: bool
    sides: tuple[Moments, Moments | float]


@dataclass(frozen=True)
class Claim:
    """A mean, or a difference of two, that something is expected of.

    Attributes:
        interval: 90 %, so that each end is a one-sided bound at .05; null with one seed.
        seeds: The smaller number of seeds of the two sides.
        paired: Whether it is a difference taken seed by seed.
    """

    estimate: float
    interval: Interval | None
    seeds: int
    paired: bool


@dataclass(frozen=True)
class _T:
    """An estimate with its standard error and degrees of freedom, distributed as Student's t."""

    estimate: float
    error: float
    freedom: float

    def interval(self, level: float) -> Interval:
        reach = self.error * float(stdtrit(self.freedom, (1 + level) / 2)) if self.error else 0.0
        return Interval(self.estimate - reach, self.estimate + reach)

    def p_different(self) -> float:
        return min(1.0, 2 * self._p_above(abs(self.estimate)))

    def p_inside(self, bound: float) -> float:
        """Return p of the two one-sided tests (Schuirmann 1987) that the truth lies between -bound and bound."""
        return max(self._p_above(self.estimate + bound), self._p_above(bound - self.estimate))

    def p_beyond(self, bound: float) -> float:
        """Return p of the one-sided test that the truth lies above the bound."""
        return self._p_above(self.estimate - bound)

    def p_short_of(self, bound: float) -> float:
        """Return p of the one-sided test that the truth lies below the bound."""
        return self._p_above(bound - self.estimate)

    def _p_above(self, distance: float) -> float:
        """Return P(T ≥ distance / error). Without variance the estimate is the truth: 0, or 1 at the bound itself."""
        if self.error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(stdtr(self.freedom, -distance / self.error))


def _moments(values: Values) -> tuple[float, float]:
    """Return the mean and its squared standard error; exact for equal values, where rounding would leave a trace."""
    x = np.asarray(values, dtype=np.float64)
    if x.min() == x.max():
        return float(x[0]), 0.0
    return float(x.mean()), float(x.var(ddof=1)) / len(x)


def _one_sample(values: Values) -> _T:
    estimate, squared = _moments(values)
    return _T(estimate, math.sqrt(squared), len(values) - 1)


def _welch(a: Moments, b: Moments) -> _T:
    """Return the difference of means with the Welch–Satterthwaite degrees of freedom (Welch 1947)."""
    squared_a, squared_b = a.variance / a.count, b.variance / b.count
    squared = squared_a + squared_b
    if squared == 0:
        return _T(a.mean - b.mean, 0.0, 1)
    freedom = squared**2 / (squared_a**2 / (a.count - 1) + squared_b**2 / (b.count - 1))
    return _T(a.mean - b.mean, math.sqrt(squared), freedom)


def _sides(values: Values, reference: Values | None, *, paired: bool) -> tuple[Moments, Moments | float]:
    """Return what is compared: pairs' differences with 0, or two samples, or one with 0 if there is no reference."""
    if reference is None:
        return Moments.of(values), 0.0
    if paired:
        return Moments.of(np.asarray(values, dtype=np.float64) - np.asarray(reference, dtype=np.float64)), 0.0
    return Moments.of(values), Moments.of(reference)


def _against(sample: Moments, beside: Moments | float) -> _T:
    """Return the mean of a sample less that of another, or less a number."""
    if isinstance(beside, Moments):
        return _welch(sample, beside)
    return _T(sample.mean - beside, math.sqrt(sample.variance / sample.count), sample.count - 1)


def launch_log_ratio(arm: Values, reference: Values) -> float:
    """Return one launch's log-ratio: the 20 % trimmed mean of log(arm / reference) over paired clean rounds.

    The two blocks of a round ran next to each other, so what slows the machine for seconds cancels; the trimmed
    mean keeps a single disturbed round from deciding a launch.

    Args:
        arm: (R,) seconds per step of each round, positive.
        reference: (R,) the same rounds of the reference.

    Raises:
        ValueError: If there is no round or the rounds are not paired.
    """
    a, b = np.asarray(arm, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if a.size == 0 or a.shape != b.shape:
        raise ValueError(f"a log-ratio needs paired rounds, got shapes {a.shape} and {b.shape}")
    log_ratios = np.sort(np.log(a) - np.log(b))
    cut = int(TRIM * a.size)
    return float(log_ratios[cut : a.size - cut].mean())


def ratio(log_ratios: Values, *, contended: int = 0, ran: int | None = None, looks: int = 1) -> Ratio:
    """Return the step-time ratio across launches with a t interval on the log scale.

    With arms interleaved in every launch the log-ratios are one paired sample. The t interval on log ratios
    covers 95 to 97 % at 3, 5 and 8 launches (measured on real A/A launches). Where launches are added until there is
    a verdict, errors are shared out over the looks evenly (Bonferroni, whatever depends on what): all of them together
    err no more often than one.

    Args:
        log_ratios: (L,) one per launch.
        contended: Launches of which most rounds stayed contended.
        ran: Launches in which both arms ran; by default those that gave a log-ratio.
        looks: Times that the race may be judged, this one included.

    Raises:
        ValueError: If there is no launch.
    """
    if len(log_ratios) == 0:
        raise ValueError("a ratio needs at least one launch")
    ran = len(log_ratios) if ran is None else ran
    if len(log_ratios) == 1:
        return Ratio(math.exp(log_ratios[0]), None, None, None, None, 1, contended, ran, looks, Moments.of(log_ratios))
    t = _one_sample(log_ratios)
    wide, narrow = (
        Interval(math.exp(found.low), math.exp(found.high))
        for found in (t.interval(1 - error / looks) for error in (0.05, 0.10))
    )
    return Ratio(
        estimate=math.exp(t.estimate),
        interval=wide,
        narrow=narrow,
        p_different=for_all(looks, t.p_different()),
        p_same=for_all(looks, t.p_inside(math.log(SAME_RATIO))),
        launches=len(log_ratios),
        contended=contended,
        ran=ran,
        looks=looks,
        moments=Moments.of(log_ratios),
    )


def for_all(looks: int, p: float) -> float:
    """Return p of one look for all of them together."""
    return min(1.0, looks * p)


def time_verdict(ratio: Ratio, p_different: float | None = None, p_same: float | None = None) -> TimeVerdict:
    """Judge a ratio: UNSTABLE, look, SAME, FASTER or SLOWER, INCONCLUSIVE, whichever holds first.

    SAME means that the 90 % interval lies inside ±3 % (two one-sided tests at .05); FASTER and SLOWER mean
    p < .01. A ratio that is both, say 1.010 ± .002, is SAME: the difference is real and too small to matter.

    Args:
        ratio: What to judge.
        p_different: Adjusted over the report; the ratio's own by default.
        p_same: Likewise.
    """
    p_different = ratio.p_different if p_different is None else p_different
    p_same = ratio.p_same if p_same is None else p_same
    if 2 * ratio.contended > ratio.ran:
        return TimeVerdict.UNSTABLE
    if ratio.launches < MIN_LAUNCHES or p_different is None or p_same is None:
        return TimeVerdict.LOOK
    if p_same < 0.05:
        return TimeVerdict.SAME
    if p_different < 0.01:
        return TimeVerdict.FASTER if ratio.estimate < 1 else TimeVerdict.SLOWER
    return TimeVerdict.INCONCLUSIVE


@dataclass(frozen=True)
class Level:
    """A figure over ``count`` launches, or points, with its 95 % interval, where they are enough for one."""

    estimate: float
    interval: Interval | None
    count: int


def power(points: Sequence[tuple[float, float]]) -> Level:
    """Return the exponent b of y ∝ xᵇ: the slope of a straight line through the logarithms, by least squares.

    The interval is Student's t with n − 2 degrees of freedom; two points have none. ``count`` is n.

    Args:
        points: (x, y), positive, of two x at least.

    Raises:
        ValueError: If they are fewer.
    """
    x, y = (np.log(np.asarray(column, dtype=np.float64)) for column in zip(*points, strict=True))
    spread = float(np.sum((x - x.mean()) ** 2))
    if spread == 0:
        raise ValueError(f"an exponent takes two values at least: {points}")
    slope = float(np.sum((x - x.mean()) * (y - y.mean())) / spread)
    free = len(x) - 2
    if free < 1:
        return Level(slope, None, len(x))
    left = float(np.sum((y - y.mean() - slope * (x - x.mean())) ** 2))
    half = float(stdtrit(free, 0.975)) * math.sqrt(left / free / spread)
    return Level(slope, Interval(slope - half, slope + half), len(x))


def level(values: Values) -> Level:
    """Return the geometric mean over launches, with a t interval on the log scale.

    Raises:
        ValueError: If there is no value.
    """
    found = mean(np.log(np.asarray(values, dtype=np.float64)))
    interval = found.interval and Interval(math.exp(found.interval.low), math.exp(found.interval.high))
    return Level(math.exp(found.estimate), interval, found.count)


def percentile(values: Values, share: float) -> float:
    """Return the least of the values that at least a share of them does not exceed: one that occurred.

    Raises:
        ValueError: If there is no value.
    """
    if len(values) == 0:
        raise ValueError("a percentile needs at least one value")
    return float(np.quantile(np.asarray(values, dtype=np.float64), share, method="inverted_cdf"))


def passes_wanted(share: float) -> int:
    """Return how many values it takes to bound a percentile from above by one of them.

    The greatest of n values lies below the percentile with a probability of shareⁿ, which has to be at most 2.5 %:
    fewer have no 95 % interval between order statistics (Thompson 1936).
    """
    return math.ceil(math.log(0.025) / math.log(share))


def mean(values: Values) -> Mean:
    """Return the mean over seeds with its 95 % t interval.

    Raises:
        ValueError: If there is no value.
    """
    if len(values) == 0:
        raise ValueError("a mean needs at least one value")
    if len(values) == 1:
        return Mean(float(values[0]), None, 1, Moments.of(values))
    t = _one_sample(values)
    return Mean(t.estimate, t.interval(0.95), len(values), Moments.of(values))


def difference(values: Values, reference: Values, margin: float, *, paired: bool) -> Difference:
    """Return the difference of two means over seeds, and the tests of difference and of equivalence.

    Args:
        values: (S,) metric of the arm.
        reference: (S',) metric of the reference; in the same order of seeds if paired.
        margin: Differences within ±margin are of no practical interest.
        paired: Take the difference seed by seed; otherwise by Welch's test.

    Raises:
        ValueError: If a side is empty, or the sides are paired and differ in length.
    """
    seeds = min(len(values), len(reference))
    if seeds == 0 or (paired and len(values) != len(reference)):
        raise ValueError(f"cannot compare {len(values)} seeds with {len(reference)} (paired: {paired})")
    return _difference(_sides(values, reference, paired=paired), seeds, margin, paired=paired)


def apart(sample: Moments, beside: Moments, margin: float, looks: int = 1) -> Difference:
    """Return the difference of two means of which only the moments are left, by Welch's test.

    Args:
        sample: One.
        beside: The other, which is subtracted.
        margin: See ``difference``.
        looks: Pairs of looks at which the two may have been left as they are.
    """
    return _difference((sample, beside), min(sample.count, beside.count), margin, paired=False, looks=looks)


def _difference(
    sides: tuple[Moments, Moments | float], seeds: int, margin: float, *, paired: bool, looks: int = 1
) -> Difference:
    if seeds == 1:
        sample, beside = sides
        estimate = sample.mean - (beside.mean if isinstance(beside, Moments) else beside)
        return Difference(estimate, None, None, None, margin, 1, paired, sides)
    t = _against(*sides)
    return Difference(
        estimate=t.estimate,
        interval=t.interval(1 - 0.05 / looks),
        p_different=for_all(looks, t.p_different()),
        p_equivalent=for_all(looks, t.p_inside(margin)),
        margin=margin,
        seeds=seeds,
        paired=paired,
        sides=sides,
    )


def accuracy_verdict(
    difference: Difference, p_different: float | None = None, p_equivalent: float | None = None
) -> AccuracyVerdict:
    """Judge a difference: look, EQUIVALENT, DIFFERENT or INCONCLUSIVE, whichever holds first.

    EQUIVALENT: both one-sided tests against ±margin reject at .05. DIFFERENT: not shown equivalent, and the 95 %
    interval excludes 0. A real difference well inside the margin is therefore EQUIVALENT.

    Args:
        difference: What to judge.
        p_different: Adjusted over the report; the difference's own by default.
        p_equivalent: Likewise.
    """
    p_different = difference.p_different if p_different is None else p_different
    p_equivalent = difference.p_equivalent if p_equivalent is None else p_equivalent
    if difference.seeds < MIN_SEEDS or p_different is None or p_equivalent is None:
        return AccuracyVerdict.LOOK
    if p_equivalent < 0.05:
        return AccuracyVerdict.EQUIVALENT
    if p_different < 0.05:
        return AccuracyVerdict.DIFFERENT
    return AccuracyVerdict.INCONCLUSIVE


@dataclass(frozen=True)
class Loss:
    """Whether a mean, less that of another sample or a number, is above a tolerance, or below it.

    Both tests are against the tolerance itself. Against 0, as if any loss that is larger in the sample were one that is
    larger in truth, a loss of just what is allowed would be called too large in every second run.

    Attributes:
        tolerance: What may be lost.
        either_way: As much may be gained, and no more: the mean is turned so that what is tested is above 0.
        looks: Times that it may be tested, each a chance of a false claim: p are for all of them.
    """

    sample: Moments
    beside: Moments | float
    tolerance: float
    either_way: bool = False
    looks: int = 1

    @property
    def p_lost(self) -> float:
        """Of the test that more than the tolerance was lost; small when it surely was."""
        return for_all(self.looks, self._p_lost(self._at(self.sample.count)))

    @property
    def p_kept(self) -> float:
        """Of the test that less than the tolerance was lost."""
        return for_all(self.looks, self._at(self.sample.count).p_short_of(self.tolerance))

    def wanted(self, level: float) -> int | None:
        """Return how many values would decide, on both sides if there are two; None if ``MOST_WANTED`` would not.

        As if the estimates and the variances were the truth.

        Args:
            level: Of the test that too much was lost; that less than the tolerance was lost is tested at ``DECIDED``.
        """
        beyond = self._at(self.sample.count).estimate > self.tolerance

        def decides(count: int) -> bool:
            t = self._at(count)
            p, least = (self._p_lost(t), level) if beyond else (t.p_short_of(self.tolerance), DECIDED)
            return for_all(self.looks, p) < least

        found = bisect.bisect_left(range(2, MOST_WANTED + 1), True, key=decides) + 2  # more never decide less
        return found if found <= MOST_WANTED else None

    def _p_lost(self, t: _T) -> float:
        """Return the chance of an estimate so far out, or as far out the other way, if just the tolerance is lost."""
        opposite = t.p_beyond(-self.tolerance) if self.either_way else 0.0
        return min(1.0, t.p_beyond(self.tolerance) + opposite)

    def _at(self, count: int) -> _T:
        sample, beside = self.sample, self.beside
        if count != sample.count:
            sample = replace(sample, count=count)
            beside = replace(beside, count=count) if isinstance(beside, Moments) else beside
        t = _against(sample, beside)
        if t.error == 0 and math.isclose(t.estimate, self.tolerance, rel_tol=1e-9):
            # Known without any spread, and but for rounding just what is allowed: .95 - .94 is more than .01.
            return replace(t, estimate=math.nextafter(self.tolerance, -math.inf))
        return t


DECIDED = 0.05
"""Level of the test that something is in order."""

MOST_WANTED = 1000


def loss(sample: Moments, beside: Moments | float, tolerance: float, looks: int = 1) -> Loss | None:
    """Test what was lost against another sample or a number; None if one value alone tells nothing of its spread."""
    if sample.count < 2 or (isinstance(beside, Moments) and beside.count < 2):
        return None
    return Loss(sample, beside, tolerance, looks=looks)


def departure(difference: Difference) -> Loss | None:
    """Test a difference against its margin, whichever way it goes; None as of ``loss``."""
    sample, beside = difference.sides
    if difference.estimate < 0:
        sample = replace(sample, mean=-sample.mean)
        beside = replace(beside, mean=-beside.mean) if isinstance(beside, Moments) else -beside
    found = loss(sample, beside, difference.margin)
    return found and replace(found, either_way=True)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted over one family, in the order given (Holm 1979).

    Rejecting where the adjusted p is below α makes any false claim at all with a probability of at most α.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, stepped)
    return [float(value) for value in adjusted]


def claim(values: Values, reference: Values | None = None, *, paired: bool = False) -> Claim:
    """Return the mean over seeds, or with a reference the difference of the two means, with one-sided bounds.

    Args:
        values: (S,) a figure.
        reference: (S',) what is subtracted; in the same order of seeds if paired.
        paired: Take the difference seed by seed; otherwise by Welch's test.

    Raises:
        ValueError: If a side is empty, or the sides are paired and differ in length.
    """
    seeds = len(values) if reference is None else min(len(values), len(reference))
    if seeds == 0 or (paired and reference is not None and len(values) != len(reference)):
        raise ValueError(f"nothing can be claimed of {seeds} seeds (paired: {paired})")
    if seeds == 1:
        subtracted = 0.0 if reference is None else float(np.mean(reference))
        return Claim(float(np.mean(values)) - subtracted, None, 1, paired)
    t = _against(*_sides(values, reference, paired=paired))
    return Claim(t.estimate, t.interval(0.90), seeds, paired)


def claim_verdict(claim: Claim, at_least: float | None, at_most: float | None) -> ClaimVerdict:
    """Judge what was expected: held, if the one-sided bounds lie within what was said; not held, if one lies outside.

    Args:
        claim: What was measured.
        at_least: What the mean should not be below.
        at_most: What it should not be above.
    """
    if claim.seeds < MIN_SEEDS or claim.interval is None:
        return ClaimVerdict.LOOK
    low = -math.inf if at_least is None else at_least
    high = math.inf if at_most is None else at_most
    if low <= claim.interval.low and claim.interval.high <= high:
        return ClaimVerdict.HELD
    if claim.interval.high < low or high < claim.interval.low:
        return ClaimVerdict.NOT_HELD
    return ClaimVerdict.CANNOT_TELL


def adjust(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted over one family of claims, in the order given.

    Benjamini & Hochberg (1995): rejecting where the adjusted p is below q keeps the expected share of false
    claims among the claims made below q. For a report; a gate needs Holm.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    stepped = p[order] * p.size / np.arange(1, p.size + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return [float(value) for value in adjusted]
