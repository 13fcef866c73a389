"""Many dots on one axis: none is lost, and none hides another."""

import numpy as np

from mislabel_utils.showing.strips import NEAR, stacked, strips


def test_near_dots_are_stacked_and_far_ones_are_not():
    values = np.array([0, NEAR / 2, NEAR * 2, 0, 50])
    levels = stacked(values)
    assert sorted(levels[[0, 1, 3]]) == [0, 1, 2]
    assert levels[[2, 4]].tolist() == [0, 0]


def test_every_number_has_a_dot_in_the_look_of_its_kind():
    groups = {"a": {"one": [1, 1, 5], "two": []}, "b": {"one": [], "two": [-20]}}
    figure = strips(groups, "per cent", {0: "chance"})
    (ax,) = figure.axes
    dots = {}
    for line in ax.lines[:-1]:
        dots.setdefault(line.get_marker(), []).extend(line.get_xdata())
    assert [sorted(each) for each in dots.values()] == [[1, 1, 5], [-20]]
    assert [text.get_text() for text in ax.texts] == ["a", "b", "chance"]
    assert ax.lines[-1].get_xdata() == [0, 0]
