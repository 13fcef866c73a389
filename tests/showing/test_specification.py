"""The specification figure orders its columns, and shows what each recipe is."""

import pytest

from mislabel_utils.showing.specification import specification


def test_what_nobody_measured_and_what_is_too_much():
    settings = {"Adam": [True]}
    figure = specification({"teachers": [[0.6]], "students": [[]]}, settings, {})
    assert figure.axes[0].lines[1].get_xydata().tolist() == []
    with pytest.raises(ValueError, match="zip"):
        specification({name: [[0.6]] for name in "abc"}, settings, {})
    with pytest.raises(ValueError, match="zip"):
        specification({"a": [[0.6]]}, settings, dict.fromkeys("abc", 50.0))


def test_columns_stand_in_the_order_of_the_first_outcome():
    outcomes = {"teachers": [[0.6, 0.8], [0.5]], "students": [[0.4], []]}
    settings = {"Adam": [True, False], "augmented": [True, True]}
    figure = specification(outcomes, settings, {"published": 49.7})
    top, below = figure.axes
    teachers, students, published = top.lines
    assert teachers.get_xydata().ravel() == pytest.approx([0, 50, 1, 60, 1, 80])
    assert students.get_xydata().ravel().tolist() == [1, 40]
    assert set(published.get_ydata()) == {49.7}
    assert [text.get_text() for text in below.get_yticklabels()] == list(settings)
    assert below.lines[1].get_xydata().ravel().tolist() == [1, 0], "Adam is the better teacher's"
    assert below.lines[3].get_xdata().tolist() == [0, 1]
