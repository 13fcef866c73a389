"""Figures of many cells."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mislabel_utils.showing import phases


@pytest.fixture(autouse=True)
def nothing_stays_open():
    yield
    assert plt.get_fignums() == []


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_phases_write_means_and_leave_empty_cells_out():
    teacher = np.array([[[0.5, 0.7]] * 2] * 2)  # two seeds, two counts, two teachers
    teacher[1, 1, 0] = 0.9
    gain = np.array([[[0.1, 0.3], [-0.2, np.nan]], [[0.2, 0.5], [-0.4, 0.1]]])
    figure = phases.phases({"one": (teacher, gain), "other": (teacher, np.abs(gain))}, (2, 10))
    one, other = figure.axes[:2]
    assert texts(one) == ["15", "40", "−30"]
    assert texts(other) == ["15", "40", "30"]
    assert one.get_title(loc="left") == "one"
    assert [label.get_text() for label in one.get_yticklabels()] == ["2", "10"]


def test_squares_stand_at_the_mean_of_all_teachers_whichever_have_a_student():
    teacher = np.array([[[0.6, 0.7]], [[0.8, 0.9]], [[0.9, 0.95]]])  # each better with every step
    every = np.full(teacher.shape, 0.2)
    some = every.copy()
    some[2, 0, 1] = np.nan  # the best teacher leaves too few mistakes
    panels = {"every": (teacher, every), "some": (teacher, some)}
    every, some = phases.phases(panels, (2,)).axes[:2]
    places = [ax.collections[-1].get_offsets()[:, 0].tolist() for ax in (every, some)]
    assert places[0] == places[1] == sorted(places[0])
    odds = np.log(np.divide(places[0], np.subtract(1, places[0])))
    means = teacher.mean(0)[0]
    assert odds.mean() == pytest.approx(np.log(means / (1 - means)).mean())
    assert [label[-1] for label in texts(every) + texts(some)] == ["0", "0", "0", "*"]


def test_numbers_are_legible_on_a_phone():
    cell = np.full((1, 1, 1), 0.5)
    figure = phases.phases({"one": (cell, cell), "other": (cell, cell)}, (2,))
    shrunk = 340 / (72 * figure.get_size_inches()[0])  # pixels a point, in a column of a phone
    sizes = [text.get_fontsize() for text in figure.findobj(plt.Text) if text.get_text()]
    assert min(sizes) * shrunk > 9


def test_the_line_runs_where_means_cross_chance():
    teacher = np.array([[[0.5, 0.7], [0.4, 0.6]]])
    gain = np.array([[[-0.2, -0.2], [0.2, 0.2]]])
    panels = {"crossed": (teacher, gain), "above": (teacher, np.abs(gain))}
    crossed, above = phases.phases(panels, (2, 10)).axes[:2]
    assert len(crossed.collections) == len(above.collections) + 1
    heights = crossed.collections[-1].get_paths()[0].vertices[:, 1]
    assert heights == pytest.approx(np.full(len(heights), 0.5))


def test_against_draws_each_group_in_each_panel():
    few, many = ("set", "2"), ("set", "10")
    found = {few: np.array([0.1, 0.2]), many: np.array([0.3])}
    known = {"quantity": {few: np.array([0.0, 0.4]), many: np.array([-0.1])}}
    (ax,) = phases.against(known, found, "students").axes
    few, many = ax.lines[:2]
    assert few.get_color() != many.get_color() and few.get_marker() == many.get_marker()
    assert few.get_xdata().tolist() == [0, 40] and few.get_ydata().tolist() == [10, 20]
    assert many.get_xdata().tolist() == pytest.approx([-10])
    assert ax.get_xlabel() == "quantity"


def test_two_ways_show_every_seed_and_what_was_published():
    values = {"a": {"wrong": [0.6, 0.7], "true": [0.4, 0.3]}, "b": {"wrong": [0.5], "true": [0.5]}}
    figure = phases.two_ways(values, ("b", 37.5), "accuracy")
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    seeds = [line.get_xdata() for line in ax.lines if line.get_marker() in "os"]
    assert [list(each) for each in seeds] == [[60, 70], [40, 30], [50], [50]]
    (published,) = (line for line in ax.lines if line.get_marker() == "D")
    assert (published.get_xdata()[0], published.get_ydata()[0]) == (37.5, 1.13)


def test_squares_that_would_overlap_are_moved_apart_in_their_order():
    x = np.array([0.5, 0.95, 0.951, 0.949])
    odds = np.log(x / (1 - x))
    apart = phases._apart(x)
    moved = np.log(apart / (1 - apart))
    assert moved.argsort().tolist() == odds.argsort().tolist() == [0, 3, 1, 2]
    assert np.diff(np.sort(moved)).min() > phases.SQUARE - 1e-9
    assert moved.mean() == pytest.approx(odds.mean())
    far = np.array([0.9, 0.5])
    assert phases._apart(far) == pytest.approx(far)
