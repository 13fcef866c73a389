"""The linear readout of features."""

import pytest
import torch
import torch.nn.functional as F

from mislabel_utils.learning.probes import PENALTY, read, readout


def clusters(count: int, seed: int, far: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Three clouds in four dimensions; the fourth feature never varies."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    features = torch.randn(count, 4, generator=generator) + far * F.one_hot(labels, 4)
    features[:, 3] = 7.0
    return 100 + 10 * features, labels


def test_what_can_be_read_is_read_on_new_features():
    layer = readout(*clusters(600, 0, far=8), classes=3)
    features, labels = clusters(300, 1, far=8)
    assert (read(layer, features) == labels).double().mean() > 0.99
    assert not layer.weight[:, 3].any()


def test_what_is_not_there_is_not_read():
    layer = readout(*clusters(3000, 0, far=0), classes=3)
    features, labels = clusters(3000, 1, far=0)
    assert (read(layer, features) == labels).double().mean() == pytest.approx(1 / 3, abs=0.05)


def test_no_other_layer_has_a_smaller_penalised_loss():
    features, labels = clusters(300, 0, far=1)
    layer = readout(features, labels, classes=3)
    deviation = features.std(0)

    def loss(weight, bias):
        penalty = PENALTY * (weight * deviation).square().sum()
        return F.cross_entropy(F.linear(features, weight, bias), labels) + penalty

    best = loss(layer.weight, layer.bias)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        nudge = torch.randn(3, 4, generator=generator) * 1e-3
        nudge[:, 3] = 0
        # Turned about the mean of the features, so that the bias need not follow.
        moved = loss(layer.weight + nudge, layer.bias - nudge @ features.mean(0))
        assert moved > best - 1e-6


def test_the_same_features_give_the_same_readout():
    first, second = (readout(*clusters(300, 0, far=1), classes=3) for _ in range(2))
    assert torch.equal(first.weight, second.weight)


def test_labels_that_do_not_fit_are_refused():
    features, labels = clusters(30, 0, far=1)
    with pytest.raises(ValueError, match="a label for each row"):
        readout(features, labels[1:], classes=3)
    with pytest.raises(ValueError, match="from 0 to 1"):
        readout(features, labels, classes=2)
