"""Numbers that describe a transfer set."""

import pytest
import torch
from torch import nn
from toys import toy_split

from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.transfer import entropy, feature_distance


class Reader:
    """Its features are the pixels, standardised."""

    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.Linear(4, 2))
    precision, id = "float32", "reader"


nn.init.eye_(Reader.network[1].weight)
nn.init.zeros_(Reader.network[1].bias)


def shown(offset: float, scale: float, seed: int) -> Inputs:
    generator = torch.Generator().manual_seed(seed)
    images = offset + scale * torch.randn(10_000, 1, 2, 2, generator=generator)
    assert images.min() >= 0 and images.max() <= 1
    return Inputs(toy_split(4), {"kind": "shown"}, lambda: images, aligned=False)


def test_entropy():
    shares = torch.tensor([[0.25] * 4, [1.0, 0, 0, 0], [0.5, 0.5, 0, 0]])
    assert entropy(shares).tolist() == pytest.approx([2, 0, 1])


def test_feature_distance():
    here = shown(0.5, 0.05, 0)
    assert feature_distance(Reader(), here, here) == pytest.approx(0, abs=1e-5)
    # The toy's deviation is 0.2: a shift of 0.2 is one unit in each of four features.
    assert feature_distance(Reader(), here, shown(0.7, 0.05, 0)) == pytest.approx(2, rel=0.01)
    # Deviations of a quarter of a unit and of half a unit: a quarter of each of four features.
    assert feature_distance(Reader(), here, shown(0.5, 0.1, 1)) == pytest.approx(0.5, rel=0.03)
