"""What pictures and features say before a student is trained on them."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from toys import toy_split

from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.probes import feature_distance, read, readout, vote


def test_the_nearest_breaks_a_tie():
    shown, labels = torch.tensor([[0.0], [1], [3], [9]]), torch.tensor([2, 0, 0, 2])
    assert vote(torch.tensor([[0.1], [0.9]]), shown, labels, 2).tolist() == [2, 0]
    # Two of each, whoever is nearest decides; and more than there are cannot vote.
    assert vote(torch.tensor([[8.0], [2.0]]), shown, labels, 11).tolist() == [2, 0]


def clusters(count: int, seed: int, far: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Three clouds in four dimensions; the fourth feature never varies."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    features = torch.randn(count, 4, generator=generator) + far * F.one_hot(labels, 4)
    features[:, 3] = 7.0
    return 100 + 10 * features, labels


@pytest.mark.parametrize(("far", "right"), [(8, 1), (0, 1 / 3)])
def test_what_can_be_read_is_read_on_new_features(far, right):
    layer = readout(*clusters(3000, 0, far), classes=3)
    features, labels = clusters(3000, 1, far)
    found = (read(layer, features) == labels).double().mean()
    assert found.item() == pytest.approx(right, abs=0.05)
    assert not layer.weight[:, 3].any()


class Reader:
    """Its features are the pixels, standardised."""

    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.Linear(4, 2))
    precision = "float32"


nn.init.eye_(Reader.network[1].weight)
nn.init.zeros_(Reader.network[1].bias)


def shown(offset: float, scale: float, seed: int) -> Inputs:
    generator = torch.Generator().manual_seed(seed)
    images = offset + scale * torch.randn(10_000, 1, 2, 2, generator=generator)
    return Inputs(toy_split(4), {"kind": "shown"}, lambda: images, aligned=False)


def test_feature_distance():
    here = shown(0.5, 0.05, 0)
    assert feature_distance(Reader(), here, here) == pytest.approx(0, abs=1e-5)
    # The toy's deviation is 0.2: a shift of 0.2 is one unit in each of four features.
    assert feature_distance(Reader(), here, shown(0.7, 0.05, 0)) == pytest.approx(2, rel=0.01)
    # Deviations of a quarter of a unit and of half a unit: a quarter of each of four features.
    assert feature_distance(Reader(), here, shown(0.5, 0.1, 1)) == pytest.approx(0.5, rel=0.03)
