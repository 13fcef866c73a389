"""Intervals over seeds and over images: two-sided, at 95 %, never beyond what is possible.

Three to five numbers are shown one by one and by their range, more by an interval: see `FEW`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

FEW = 5  # so many seeds are shown by their range: an interval of the mean would lean on its shape
LIMITS = {"%": (0, 100), "points": (-100, 100)}


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with two intervals and the range.

    Attributes
    ----------
    mean : over the seeds
    low, high : Student-t interval of the mean; NaN for a single seed
    next_low, next_high : Student-t prediction interval, where the result of one more seed falls
        with a probability of 95 %; NaN for a single seed
    least, most : of the seeds
    seeds : how many
    """

    mean: float
    low: float
    high: float
    next_low: float
    next_high: float
    least: float
    most: float
    seeds: int

    @property
    def few(self) -> bool:
        """Whether the seeds are shown by their range, and not by an interval of their mean."""
        return self.seeds <= FEW

    @property
    def ends(self) -> tuple[float, float]:
        """What is shown beside the mean: the range of a few seeds, the interval of more."""
        return (self.least, self.most) if self.few else (self.low, self.high)


def limits(unit: str) -> tuple[float, float]:
    """The range that numbers of a unit cannot leave, such as (0, 32) for "of 32"."""
    if unit.startswith("of "):
        return 0, float(unit.removeprefix("of "))
    return LIMITS.get(unit, (-np.inf, np.inf))


def estimate(values: Sequence[float], unit: str = "") -> Estimate:
    """Summarise one number a seed.

    Parameters
    ----------
    unit : of the values, see `limits`: no interval leaves what is possible in it

    Raises
    ------
    ValueError
        For no values at all.
    """
    if not len(values):
        raise ValueError("An estimate needs at least one seed.")
    mean, count = float(np.mean(values)), len(values)
    ends = [float("nan")] * 4
    if count > 1:
        reach = stats.t.ppf(0.975, count - 1) * np.std(values, ddof=1)
        half, more = reach / count**0.5, reach * (1 + 1 / count) ** 0.5
        around = [mean - half, mean + half, mean - more, mean + more]
        ends = np.clip(around, *limits(unit)).tolist()
    return Estimate(mean, *ends, float(min(values)), float(max(values)), count)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's interval for a share (Wilson 1927), such as one network's accuracy.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= trials and trials > 0.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)
