"""Examples stop where they are told to, and nothing else about them changes."""

import pytest
import torch

from mislabel_utils.plane.experiment import Setting, lesson
from mislabel_utils.plane.networks import predict
from mislabel_utils.plane.stops import PLACES, Ways


def ways(*turns):
    """One way along the first coordinate, from 0 to 0.3; the teacher changes at each turn."""
    place = (torch.arange(PLACES) + 1) / 1000
    changes = sum((place > turn).int() for turn in turns) % 2
    sureness = torch.where(changes == 1, 1 + place, -1.0)[None, None]
    ends = torch.tensor([[[0.0, 0.5]]]), torch.tensor([[[0.3, 0.5]]])
    return Ways(*ends, sureness, torch.tensor([[True]]))


@pytest.mark.parametrize(
    ("place", "turns", "expected"),
    [
        (Ways.border, (0.1,), 0.101),
        (Ways.border, (0.1, 0.2, 0.25), 0.101),
        (Ways.surest, (0.1,), 0.3),
        (Ways.surest, (0.1, 0.2, 0.25), 0.2),
        (lambda w: w.deep(0.02), (0.1, 0.2, 0.25), 0.121),
        (lambda w: w.deep(0.2), (0.1, 0.2, 0.25), 0.2),
        (lambda w: w.deep(0.5), (0.1,), 0.3),
        (Ways.border, (0.5,), 0.3),  # rounding hides the flip: the end counts all the same
    ],
)
def test_where_an_example_stops(place, turns, expected):
    way = ways(*turns)
    x, y = way.at(place(way))[0, 0].tolist()
    assert x == pytest.approx(expected, abs=5e-4) and y == 0.5


def test_stops_lie_beyond_the_teachers_border():
    given = lesson(Setting(epsilon=0.3, width=32), range(6))
    way = Ways.of(given)
    asked = (way.border(), way.surest(), way.deep(0.01), way.deep(0.04))
    for moved in map(way.at, asked):
        said = predict(given.teachers, moved)
        assert (said != given.labels)[given.flipped].float().mean() > 0.995  # but for rounding
        assert (moved - given.points).abs().max() <= 0.3 + 1e-6
    before = way.at((way.border() - 1).clamp(min=0))
    again = (predict(given.teachers, before) == given.labels)[given.flipped]
    assert again.float().mean() > 0.98  # a border in the first of the 300 places has no before
    assert torch.equal(way.at(torch.full_like(asked[0], PLACES - 1)), given.adversarial)
