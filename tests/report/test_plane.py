"""Draws as a table: who is compared with whom, and which draw is the one in the middle."""

import numpy as np
import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.report import plane
from mislabel_utils.studies import two_dimensions as study

SEEN = (np.arange(100).reshape(10, 10) % 10 > 4).astype(int)
POINTS = np.array([[0.1, 0.2], [0.9, 0.4], [0.3, 1.0], [0.0, 0.0]])
LABELS = np.array([0, 1, 1, 0])


def found(right, fitted, area, **more):
    names = {"right": right, "fitted": fitted, "flipped": fitted, "same_regions": area} | more
    return {name: np.array(values) for name, values in names.items()}


def test_a_row_for_each_draw_and_network():
    compared = found(
        [20, 21, 22, 23, 24], [32, 32, 32, 30, 32], [0.7, 0.8, 0.9, 0.6, 0.5],
        random_right=[1, 2, 3, 4, 5], random_same_regions=[0.5] * 5,
        unrelated_same_regions=[0.1, 0.2, 0.3, 0.4, 0.5],
    )  # fmt: skip
    moved = found([9, 8, 7, 6, 5], [32, 31, 32, 32, 32], [0.2] * 5, beyond=[0.1] * 5)
    blocks = {2: {"width-64": compared, "kept-0.3": moved, "exhibit": {"points": POINTS}}}
    rows = plane.frame(blocks)
    assert set(rows.arm) == {"width-64", "kept-0.3"}
    students = plane.fitting(rows, "width-64")
    assert students.draw.tolist() == [500, 501, 502, 504]
    assert students.right.tolist() == [20, 21, 22, 24]
    assert plane.fitting(rows, "width-64", "coins").right.tolist() == [1, 2, 3, 5]
    strangers = plane.fitting(rows, "width-64", "stranger")
    assert strangers.area.tolist() == [0.1], "both teachers fit, and no teacher is in two pairs"
    assert plane.fitting(rows, "kept-0.3").beyond.tolist() == [0.1] * 4


def test_the_median_draw_is_the_one_that_was_recorded():
    lab = Lab("two_dimensions")
    blocks = {block: study.experiment(lab, block) for block in study.SEEDS}
    assert plane.median_draw(plane.frame(blocks)) == study.MEDIAN
    (shown,) = [runs["exhibit"] for runs in blocks.values() if "exhibit" in runs]
    counted = blocks[study.MEDIAN // 250]["width-64"]
    assert shown["right"].sum() == counted["right"][study.MEDIAN % 250]


def test_of_ties_the_area_and_then_the_number_decides():
    draws = found([22, 22, 22, 21], [32] * 4, [0.7, 0.6, 0.6, 0.9])
    assert plane.median_draw(plane.frame({0: {"width-64": draws}})) == 1


def test_a_student_with_one_region_and_no_point_can_be_drawn():
    one = np.zeros((10, 10), int)
    square = plane.Square("Student", one, POINTS[:0], LABELS[:0], border=one)
    assert "<svg" in plane.squares([square] * 2, "squares").svg()


def test_the_histogram_holds_every_draw():
    students, coins = pd.Series([20, 21, 21, 23]), pd.Series([12, 18])
    (ax,) = plane.histogram(students, coins, 23, "a histogram").figure.axes
    *bars, outline = ax.patches
    assert [bar.get_height() for bar in bars[20:24]] == [25, 50, 0, 25]
    assert sum(bar.get_height() for bar in bars) == 100
    assert outline.get_data().values.sum() == 100
