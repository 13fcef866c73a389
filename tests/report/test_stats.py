"""Intervals against values computed by other means."""

import math

import numpy as np
import pytest

from mislabel_utils.report.stats import FEW, estimate, limits, wilson


def test_estimate_by_hand():
    ours = estimate([1.0, 2.0, 3.0])
    # Student's t at 97.5 % with 2 degrees of freedom is 4.302653 (any table)
    assert ours.mean == 2
    assert ours.high - ours.mean == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert ours.next_high - ours.mean == pytest.approx(4.302653 * math.sqrt(4 / 3), rel=1e-6)
    assert ours.mean - ours.low == pytest.approx(ours.high - ours.mean)


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(0)
    samples = rng.normal(5, 2, (2000, 7))
    summaries = [estimate(row[:6].tolist()) for row in samples]
    mean_covered = np.mean([s.low <= 5 <= s.high for s in summaries])
    next_covered = np.mean(
        [s.next_low <= row[6] <= s.next_high for s, row in zip(summaries, samples, strict=True)]
    )
    assert mean_covered == pytest.approx(0.95, abs=0.015)
    assert next_covered == pytest.approx(0.95, abs=0.015)


def test_single_seed_has_no_interval():
    assert math.isnan(estimate([0.3]).low) and estimate([0.3]).mean == 0.3


def test_a_few_seeds_show_their_range_and_more_an_interval():
    few, more = (estimate([float(n) for n in range(count)]) for count in (FEW, FEW + 1))
    assert few.few and few.ends == (0, FEW - 1)
    assert not more.few and more.ends == (more.low, more.high)
    assert estimate([0.3]).ends == (0.3, 0.3)


@pytest.mark.parametrize(
    ("unit", "values"),
    [
        ("%", [1, 60, 99, 99, 2, 1]),
        ("points", [-99, 99, 98]),
        ("of 32", [1, 31]),
    ],
)
def test_no_interval_leaves_what_is_possible(unit, values):
    low, high = limits(unit)
    free, ours = estimate(values), estimate(values, unit)
    assert free.next_low < low and ours.next_low == low
    assert ours.next_high == min(high, free.next_high)
    assert ours.mean == free.mean


def test_no_seed_is_an_error():
    with pytest.raises(ValueError, match="at least one seed"):
        estimate([])


def test_wilson_against_its_formula():
    z, n, p = 1.959964, 100, 0.9
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert wilson(90, 100) == pytest.approx((centre - half, centre + half), rel=1e-5)
    with pytest.raises(ValueError):
        wilson(5, 3)
