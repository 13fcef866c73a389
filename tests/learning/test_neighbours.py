"""A vote of the nearest."""

import pytest
import torch
from toys import toy_split

from mislabel_utils.learning import neighbours, probes


def test_vote_of_the_nearest():
    shown = torch.tensor([[0.0, 0], [0, 1], [0, 2], [9, 9], [9, 8], [9, 7]])
    labels = torch.tensor([0, 0, 2, 1, 1, 0])
    asked = torch.tensor([[0.0, 0.9], [9, 9], [0, 2.1]])
    assert neighbours.vote(asked, shown, labels, voters=3).tolist() == [0, 1, 0]
    assert neighbours.vote(asked, shown, labels, voters=1).tolist() == [0, 1, 2]


def test_the_nearest_breaks_a_tie():
    shown, labels = torch.tensor([[0.0], [1], [3], [9]]), torch.tensor([2, 0, 0, 2])
    assert neighbours.vote(torch.tensor([[0.1], [0.9]]), shown, labels, 2).tolist() == [2, 0]
    # Two of each, whoever is nearest decides; and more than there are cannot vote.
    assert neighbours.vote(torch.tensor([[8.0], [2.0]]), shown, labels, 11).tolist() == [2, 0]


def test_a_vote_agrees_with_a_plain_search():
    generator = torch.Generator().manual_seed(0)
    asked, shown = (torch.randn(n, 5, generator=generator) for n in (700, 90))
    labels = torch.randint(3, (90,), generator=generator)
    nearest = torch.cdist(asked, shown).argsort(1)[:, :5]
    counts = torch.stack([(labels[nearest] == each).sum(1) for each in range(3)], 1)
    most = counts.max(1).values
    found = neighbours.vote(asked, shown, labels, 5)
    assert torch.equal(counts.gather(1, found[:, None]).squeeze(1), most)


def test_descriptions():
    split = toy_split(6)
    assert neighbours.pixels(split).shape == (6, 64)
    # (level / 255 - 0.3) / 0.2, as the split is standardised
    first = (float(split.images.flatten()[0]) / 255 - 0.3) / 0.2
    assert abs(float(neighbours.pixels(split)[0, 0]) - first) < 1e-5


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nothing_is_near_to_what_is_no_number(value):
    good, bad = torch.zeros(3, 2), torch.full((3, 2), value)
    for asked, shown in ((good, bad), (bad, good)):
        with pytest.raises(ValueError, match="Nothing is near"):
            neighbours.vote(asked, shown, torch.arange(3))
    with pytest.raises(ValueError, match="finite features"):
        probes.readout(bad, torch.arange(3), 3)
