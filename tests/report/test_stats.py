"""Intervals against values computed by other means."""

import math

import numpy as np
import pytest

from mislabel_utils.report.stats import interval, limits, wilson


def test_intervals_by_hand():
    # Student's t at 97.5 % with 2 degrees of freedom is 4.302653 (any table)
    low, high = interval([1.0, 2.0, 3.0])
    assert high - 2 == pytest.approx(2 - low) == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    further = interval([1.0, 2.0, 3.0], of_next=True)[1]
    assert further - 2 == pytest.approx(4.302653 * math.sqrt(4 / 3), rel=1e-6)


def test_intervals_cover_as_often_as_they_say():
    samples = np.random.default_rng(0).normal(5, 2, (2000, 7))
    for of_next in (False, True):
        ends = [interval(row[:6], of_next=of_next) for row in samples]
        hits = [low <= (row[6] if of_next else 5) <= high
                for (low, high), row in zip(ends, samples, strict=True)]  # fmt: skip
        assert np.mean(hits) == pytest.approx(0.95, abs=0.015)


def test_single_seed_has_no_interval():
    assert np.isnan(interval([0.3])).all()


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
    free, ours = (interval(values, of, of_next=True) for of in ("", unit))
    assert free[0] < low == ours[0]
    assert ours[1] == min(high, free[1])


def test_wilson_against_its_formula():
    z, n, p = 1.959964, 100, 0.9
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert wilson(90, 100) == pytest.approx((centre - half, centre + half), rel=1e-5)
    with pytest.raises(ValueError):
        wilson(5, 3)
