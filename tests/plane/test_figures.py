"""The panels show what they are given: a square for each ball, a cross for each mistake."""

import numpy as np
import pytest
import torch

from mislabel_utils.plane import figures
from mislabel_utils.showing.stats import estimate

SEEN = (torch.arange(100).view(10, 10) % 10 > 4).long()
POINTS = torch.tensor([[0.1, 0.2], [0.9, 0.4], [0.3, 1.0], [0.0, 0.0]])
LABELS = torch.tensor([0, 1, 1, 0])


@pytest.fixture
def ax():
    return figures.canvas()[1][0, 0]


def test_every_point_has_a_ball(ax):
    figures.teacher(ax, SEEN, POINTS, LABELS, 0.12, "(a)")
    (balls,) = [c for c in ax.collections if c.get_label() == "balls"]
    extents = [path.get_extents() for path in balls.get_paths()]
    assert [round(e.width, 6) for e in extents] == [0.24] * 4
    assert ax.get_xlim() == (0, 1) and ax.get_title(loc="left") == "(a)"


def test_an_arrow_for_each_flip_and_none_for_the_rest(ax):
    flipped = torch.tensor([True, True, False, False])
    figures.adversaries(ax, SEEN, POINTS, POINTS + 0.05, LABELS, flipped)
    assert len(ax.texts) == 2  # arrows are annotations without text


def test_a_cross_for_each_mistake(ax):
    right = torch.tensor([True, False, False, False])
    figures.verdicts(ax, SEEN, POINTS, LABELS, right)
    crosses = [c for c in ax.collections if c.get_label() == "wrong"]
    assert [len(c.get_offsets()) for c in crosses] == [3]


@pytest.mark.parametrize("seen", [SEEN, torch.zeros(10, 10, dtype=torch.int64)])
def test_a_student_with_one_region_or_no_point_can_be_drawn(ax, seen):
    figures.student(ax, seen, POINTS[:0], LABELS[:0])
    ax.figure.canvas.draw()


def test_the_histogram_holds_every_draw(ax):
    coins = np.array([12, 18], dtype=np.uint8)
    figures.histogram(ax, np.array([20, 21, 21, 23], dtype=np.uint8), coins)
    *bars, outline = ax.patches
    assert sum(bar.get_height() for bar in bars) == pytest.approx(100)
    assert bars[23].get_facecolor() != bars[21].get_facecolor()
    assert outline.get_data().values.sum() == pytest.approx(100)
    assert ax.get_xlim()[0] <= 12


def test_dependence_draws_a_line_for_each_condition(ax):
    lines = {name: [estimate([20.0, 21, 22])] * 3 for name in ("kept", "border", "region")}
    figures.dependence(ax, [0, 0.1, 0.2], lines, "radius", chance=16)
    assert [line.get_label() for line in ax.lines] == [*lines, "chance"]
    assert len({line.get_color() for line in ax.lines}) == 4


def test_panels_stand_alone_or_two_in_a_row():
    def panel(ax):
        figures.student(ax, SEEN, POINTS, LABELS)

    alone, four = figures.sheet(panel), figures.sheet(*[panel] * 4)
    assert len(alone.axes) == 1 and len(four.axes) == 4
    assert all(ax.has_data() for ax in four.axes)
    assert four.get_figwidth() < 2 * alone.get_figwidth()  # or its letters shrink on a phone
