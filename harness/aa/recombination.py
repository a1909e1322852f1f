"""What races of eight launches would say, had they been run with other launches of the many that were recorded.

Races drawn from the same launches overlap, so a share over them is a U-statistic: the interval comes from leaving out
one launch after the other (Arvesen 1969), not from the number of races drawn. Where none or all of the races have a
property, that would be an interval of no width; it is then the exact one-sided bound (Clopper and Pearson 1934) of as
many races as can be made without using a launch twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import stdtr, stdtrit

from harness.schema import Share
from harness.stats import MIN_LAUNCHES, SAME_RATIO, TimeVerdict

Floats: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
Bools: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"

RACES = 20_000


@dataclass(frozen=True)
class Launches:
    """What the launches of a race gave.

    Attributes:
        log_ratios: (L,) of the arm over its twin; nan where no round was clean for both.
        contended: (L,) whether most rounds stayed contended.
    """

    log_ratios: Floats
    contended: Bools

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.log_ratios)

    def slowed(self, by: float) -> Launches:
        """Return what they would have given with the arm slower by that share: 0.05 for 5 %."""
        return Launches(self.log_ratios + math.log1p(by), self.contended)


@dataclass(frozen=True)
class Races:
    """Races drawn from launches.

    Attributes:
        drawn: (R, 8) launches of each race.
        launches: How many there were to draw from.
        verdicts: (R,) what ``stats.time_verdict`` says of each.
        covered: (R,) whether the 95 % interval holds 1; false where there is no interval.
        half_widths: (R,) half the width of the interval of the ratio; nan where there is none.
    """

    drawn: np.ndarray[tuple[int, int], np.dtype[np.intp]]
    launches: int
    verdicts: np.ndarray[tuple[int], np.dtype[np.str_]]
    covered: Bools
    half_widths: Floats

    def share(self, of: Bools, among: Bools | None = None) -> Share | None:
        """Return the share of races of which something holds, with an interval over launches; None if of none.

        Args:
            of: (R,) whether it holds.
            among: (R,) the races that count; all of them by default.
        """
        counts = np.ones(len(of), dtype=bool) if among is None else among
        if not counts.any():
            return None
        estimate = float(of[counts].mean())
        # Leaving out a launch leaves the races that did without it.
        held, raced = (np.zeros(self.launches) for _ in range(2))
        np.add.at(held, self.drawn[counts & of], 1)
        np.add.at(raced, self.drawn[counts], 1)
        left = counts.sum() - raced
        if self.launches <= MIN_LAUNCHES or (left == 0).any():
            return Share(estimate=estimate, low=None, high=None)
        without = ((counts & of).sum() - held) / left
        if estimate in (0.0, 1.0):  # leaving out launches cannot tell more; as many races stand on their own
            beyond = 1 - 0.025 ** (1 / (self.launches // MIN_LAUNCHES))
            return Share(estimate=estimate, low=max(0.0, estimate - beyond), high=min(1.0, estimate + beyond))
        n = self.launches
        error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
        reach = float(stdtrit(n - 1, 0.975)) * error
        return Share(estimate=estimate, low=max(0.0, estimate - reach), high=min(1.0, estimate + reach))


def recombine(launches: Launches, races: int = RACES, seed: int = 0) -> Races:
    """Draw races of eight different launches each, and judge them as ``stats.time_verdict`` would.

    Raises:
        ValueError: If there are fewer than eight launches.
    """
    if launches.count < MIN_LAUNCHES:
        raise ValueError(f"a race has {MIN_LAUNCHES} launches, and there are {launches.count}")
    draw = np.random.default_rng(seed)
    # The eight smallest of random numbers: a choice without repetition, for all races at once.
    drawn = np.argpartition(draw.random((races, launches.count)), MIN_LAUNCHES - 1, axis=1)[:, :MIN_LAUNCHES]
    return judge(drawn, launches)


def judge(drawn: np.ndarray[tuple[int, int], np.dtype[np.intp]], launches: Launches) -> Races:
    """Judge races given by the launches that make them up."""
    x = launches.log_ratios[drawn]
    whole = ~np.isnan(x).any(axis=1)
    unstable = 2 * launches.contended[drawn].sum(axis=1) > MIN_LAUNCHES
    freedom = MIN_LAUNCHES - 1
    means, errors = x.mean(axis=1), x.std(axis=1, ddof=1) / math.sqrt(MIN_LAUNCHES)
    errors = np.maximum(errors, np.finfo(np.float64).tiny)  # without variance the estimate is the truth
    bound = math.log(SAME_RATIO)
    with np.errstate(over="ignore"):
        p_different = 2 * stdtr(freedom, -np.abs(means) / errors)
        p_same = np.maximum(stdtr(freedom, -(means + bound) / errors), stdtr(freedom, -(bound - means) / errors))
    reach = float(stdtrit(freedom, 0.975)) * errors
    verdicts = np.select(
        [unstable, ~whole, p_same < 0.05, p_different < 0.01],
        [
            TimeVerdict.UNSTABLE.value,
            TimeVerdict.LOOK.value,
            TimeVerdict.SAME.value,
            np.where(means < 0, TimeVerdict.FASTER.value, TimeVerdict.SLOWER.value),
        ],
        TimeVerdict.INCONCLUSIVE.value,
    )
    return Races(
        drawn=drawn,
        launches=launches.count,
        verdicts=verdicts,
        covered=whole & (np.abs(means) <= reach),
        half_widths=np.where(whole, (np.exp(means + reach) - np.exp(means - reach)) / 2, np.nan),
    )
