"""Intervals over seeds and over images: two-sided, at 95 %, never beyond what is possible.

Three to five numbers are shown one by one and by their range, more by an interval: see `FEW`.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

FEW = 5  # so many seeds are shown by their range: an interval of the mean would lean on its shape
LIMITS = {"%": (0, 100), "points": (-100, 100)}


def limits(unit: str) -> tuple[float, float]:
    """The range that numbers of a unit cannot leave, such as (0, 32) for "of 32"."""
    if unit.startswith("of "):
        return 0, float(unit.removeprefix("of "))
    return LIMITS.get(unit, (-np.inf, np.inf))


def interval(
    values: Sequence[float], unit: str = "", *, of_next: bool = False
) -> tuple[float, float]:
    """Student's interval of the mean over seeds or, with `of_next`, of where one more seed falls.

    NaN for a single value; no interval leaves what is possible in the unit, see `limits`.
    """
    count = len(values)
    if count < 2:
        return np.nan, np.nan
    half = stats.t.ppf(0.975, count - 1) * np.std(values, ddof=1) * (1 / count + of_next) ** 0.5
    low, high = np.clip(np.mean(values) + np.array([-half, half]), *limits(unit))
    return float(low), float(high)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's interval for a share (Wilson 1927), such as one network's accuracy.

    Raises a ValueError unless 0 <= successes <= trials and trials > 0.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)
