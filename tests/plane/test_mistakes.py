"""Mistakes in the plane: the border, what is chosen, and what students make of it."""

import math

import pytest
import torch

from mislabel_utils.plane import mistakes


def test_the_border_is_a_wave_that_is_turned():
    ticks = torch.linspace(0, 1, 201)
    square = torch.cartesian_prod(ticks, ticks)
    flat, turned = torch.tensor([[0.0, 0.0], [math.pi / 2, 0.0]])[:, None]
    upper = mistakes.truth(flat, square)[0].view(201, 201)  # [x, y]
    start = (1 - upper).sum(1) / 200  # where class 1 begins, at each x
    expected = 0.5 + mistakes.HEIGHT * torch.sin(2 * math.pi * mistakes.WAVES * (ticks - 0.5))
    assert (start - expected).abs().max() < 0.011
    other = mistakes.truth(turned, square)[0].view(201, 201)
    assert (other == upper.T.flip(0)).double().mean() > 0.98


def test_the_surest_and_the_least_sure_fifth():
    wrong = torch.tensor([[True, False, True, True, True, True, True, True, True, True, True],
                          [True, False, True] + 8 * [False], 11 * [False]])  # fmt: skip
    margins = torch.tensor([[5, 9, 4, 3, 2, 1, 6, 7, 8, 10, 11.0]]).expand(3, -1)
    assert torch.equal(mistakes.chosen(wrong, margins, "all"), wrong)
    confident, timid = (mistakes.chosen(wrong, margins, each) for each in mistakes.KEPT[1:])
    assert confident[0].nonzero().flatten().tolist() == [9, 10]
    assert timid[0].nonzero().flatten().tolist() == [4, 5]
    assert confident[1].nonzero().flatten().tolist() == [0]
    assert timid[1].nonzero().flatten().tolist() == [2]
    assert not confident[2].any() and not timid[2].any()


def test_the_nearest_mistake_votes():
    points = torch.tensor([[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]])
    labels, kept = torch.tensor([[0, 1, 1]]), torch.tensor([[True, False, True]])
    asked = torch.tensor([[0.45, 0.45], [0.55, 0.55]])
    assert mistakes.nearest_label(points, labels, kept, asked).tolist() == [[0, 1]]


def test_what_is_measured(monkeypatch):
    monkeypatch.setattr(mistakes, "TEACHERS", (20, 60))
    found = mistakes.measurements(range(9000, 9003))
    shapes = {name: values.shape for name, values in found.items()}
    assert shapes == {
        "teacher": (3, 2), "mistakes": (3, 2), "right": (3, 2, 3, 2), "agree": (3, 2, 3, 2),
        "vote": (3, 2, 3),
    }  # fmt: skip
    # 1,000 points of the same square: the share of mistakes is that of the cells that are wrong.
    assert found["mistakes"] / 1000 == pytest.approx(1 - found["teacher"], abs=0.04)
    assert found["agree"][:, :, 0, 0].mean() > 0.9 > 0.3 > found["agree"][:, :, 0, 1].mean()
