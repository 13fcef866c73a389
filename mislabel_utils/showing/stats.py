"""Intervals over seeds and over images. All are two-sided, at 95 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with two intervals.

    Attributes
    ----------
    mean : over the seeds
    low, high : Student-t interval of the mean; NaN for a single seed
    next_low, next_high : Student-t prediction interval, where the result of one more seed falls
        with a probability of 95 %; NaN for a single seed
    seeds : how many
    """

    mean: float
    low: float
    high: float
    next_low: float
    next_high: float
    seeds: int


def estimate(values: Sequence[float]) -> Estimate:
    """Summarise one number a seed.

    Raises
    ------
    ValueError
        For no values at all.
    """
    count = len(values)
    if count == 0:
        raise ValueError("An estimate needs at least one seed.")
    mean = float(np.mean(values))
    if count == 1:
        return Estimate(mean, *[float("nan")] * 4, seeds=1)
    deviation = float(np.std(values, ddof=1))
    quantile = float(stats.t.ppf(0.975, count - 1))
    half = quantile * deviation / count**0.5
    next_half = quantile * deviation * (1 + 1 / count) ** 0.5
    return Estimate(mean, mean - half, mean + half, mean - next_half, mean + next_half, seeds=count)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's interval for a share (Wilson 1927), such as one network's accuracy.

    Raises
    ------
    ValueError
        Unless 0 <= successes <= trials and trials > 0.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)
