"""Examples stop where they are told to, and nothing else about them changes."""

import pytest
import torch

from mislabel_utils.plane import experiment
from mislabel_utils.plane.experiment import Setting, lesson
from mislabel_utils.plane.networks import predict
from mislabel_utils.plane.stops import PLACES, _arms, along, at, places


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ((0.1,), [0.101, 0.3, 0.3, 0.121, 0.3]),
        ((0.1, 0.2, 0.25), [0.101, 0.2, 0.2, 0.121, 0.2]),
        ((0.5,), [0.3] * 5),  # rounding hides the flip: the end counts all the same
    ],
)
def test_where_an_example_stops(turns, expected):
    """On a way along the first coordinate, from 0 to 0.3; the teacher changes at each turn."""
    place = (torch.arange(PLACES) + 1) / 1000
    changes = sum((place > turn).int() for turn in turns) % 2
    sureness = torch.where(changes == 1, 1 + place, -1.0)[None, None]
    found = places(sureness, torch.tensor([[True]]), torch.tensor([[0.3]]), (0.02, 0.5))
    assert [place[each.item()].item() for each in found] == pytest.approx(expected, abs=5e-4)


ARMS = "border-0.3", "region-0.3", "depth-0.01", "depth-0.04"


def test_stops_lie_beyond_the_teachers_border(monkeypatch):
    monkeypatch.setattr(experiment, "outcome", lambda given: {"at": given.adversarial})
    given = lesson(Setting(epsilon=0.3), range(6))
    length = (given.adversarial - given.points).abs().amax(-1)
    border, _, *others = places(along(given), given.flipped, length, (0.01, 0.04))
    for moved in (at(given, place) for place in (border, *others)):
        said = predict(given.teachers, moved)
        assert (said != given.labels)[given.flipped].float().mean() > 0.995  # but for rounding
        assert (moved - given.points).abs().max() <= 0.3 + 1e-6
    arms = {arm: found["at"] for arm, found in _arms(range(6), (0.12, 0.3), (0.01, 0.04))}
    for arm, place in zip(ARMS, (border, *others), strict=True):
        assert torch.equal(arms[arm], at(given, place))
    before = at(given, (border - 1).clamp(min=0))
    again = (predict(given.teachers, before) == given.labels)[given.flipped]
    assert again.float().mean() > 0.98  # a border in the first of the 300 places has no before
    assert torch.equal(at(given, torch.full_like(border, PLACES - 1)), given.adversarial)
